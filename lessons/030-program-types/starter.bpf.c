// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

/* The lab stores these two before your programs are loaded. */
__u32 target = 0; /* the stimulus's process */
__u16 port = 0;	  /* where it sends its packets */

static __always_inline bool is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

/* A process asks: the system call sendto is entered. */
SEC("tracepoint/syscalls/sys_enter_sendto")
int asked(struct trace_event_raw_sys_enter *ctx)
{
	if (is_target())
		bpf_printk("tracepoint: sendto");
	return 0;
}

/* The kernel works: its function udp_sendmsg is entered ... */
SEC("kprobe/udp_sendmsg")
int BPF_KPROBE(begins, struct sock *sk, struct msghdr *msg, unsigned long len)
{
	if (is_target())
		bpf_printk("kprobe: udp_sendmsg");
	return 0;
}

/* ... and left again. */
SEC("kretprobe/udp_sendmsg")
int BPF_KRETPROBE(ends, int ret)
{
	if (is_target())
		bpf_printk("kretprobe: udp_sendmsg");
	return 0;
}

/* A packet passes: this one is called with it, and with no process. */
SEC("socket")
int passes(struct __sk_buff *skb)
{
	bpf_printk("socket: %d bytes", skb->len);
	return 0; /* keep nothing of it */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
