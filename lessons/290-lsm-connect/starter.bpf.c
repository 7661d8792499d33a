// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

/* The port that nobody may connect to on 127.0.0.1: set before load. */
const volatile __u16 port = 0;

/* The kernel asks: may this socket connect to this address? */
SEC("lsm/socket_connect")
int BPF_PROG(may_connect, struct socket *sock, struct sockaddr *address,
	     int addrlen, int ret)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	bpf_printk("process %d connects, family %d", pid, address->sa_family);
	return 0; /* yes */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
