// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

/* Macros are not in BTF, so vmlinux.h has none of these. */
#define EPERM	 1
#define AF_INET	 2
#define AF_INET6 10
#define LOOPBACK 0x7f000001 /* 127.0.0.1 */
#define MAPPED	 0xffff	    /* the third word of ::ffff:a.b.c.d */

/* The port that nobody may connect to on 127.0.0.1: set before load. */
const volatile __u16 port = 0;

static __always_inline bool refused4(const struct sockaddr *address)
{
	struct sockaddr_in in = {};

	bpf_probe_read_kernel(&in, sizeof(in), address);
	return in.sin_port == bpf_htons(port) &&
	       in.sin_addr.s_addr == bpf_htonl(LOOPBACK);
}

/* An IPv6 socket that connects to ::ffff:127.0.0.1 speaks IPv4. */
static __always_inline bool refused6(const struct sockaddr *address)
{
	struct sockaddr_in6 in = {};
	__be32 *word = in.sin6_addr.in6_u.u6_addr32;

	bpf_probe_read_kernel(&in, sizeof(in), address);
	return in.sin6_port == bpf_htons(port) && !word[0] && !word[1] &&
	       word[2] == bpf_htonl(MAPPED) && word[3] == bpf_htonl(LOOPBACK);
}

/* The kernel asks: may this socket connect to this address? */
SEC("lsm/socket_connect")
int BPF_PROG(may_connect, struct socket *sock, struct sockaddr *address,
	     int addrlen, int ret)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	bool refused = false;

	/* Another program of this kind has refused already: leave it so. */
	if (ret)
		return ret;

	if (address->sa_family == AF_INET &&
	    addrlen >= (int)sizeof(struct sockaddr_in))
		refused = refused4(address);
	else if (address->sa_family == AF_INET6 &&
		 addrlen >= (int)sizeof(struct sockaddr_in6))
		refused = refused6(address);
	if (!refused)
		return 0;

	/* A policy that refuses in silence costs somebody a day. */
	bpf_printk("refused port %d to process %d", port, pid);
	return -EPERM;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
