// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

/* Of packets on lo: Ethernet's header, then IPv4's, then UDP's. */
#define IP_AT		14
#define UDP_AT		34 /* an IPv4 header without options has 20 bytes */
#define DATA_AT		42

#define ETH_P_IP	0x0800
#define PACKET_OUTGOING 4

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
		bpf_printk("tracepoint: sendto of %d bytes", (int)ctx->args[2]);
	return 0;
}

/* The kernel works: its function udp_sendmsg is entered ... */
SEC("kprobe/udp_sendmsg")
int BPF_KPROBE(begins, struct sock *sk, struct msghdr *msg, unsigned long len)
{
	if (is_target())
		bpf_printk("kprobe: udp_sendmsg of %d bytes", (int)len);
	return 0;
}

/* ... and left again. */
SEC("kretprobe/udp_sendmsg")
int BPF_KRETPROBE(ends, int ret)
{
	if (is_target())
		bpf_printk("kretprobe: udp_sendmsg returned %d", ret);
	return 0;
}

/* A packet passes: this one is called with it, and with no process. */
SEC("socket")
int passes(struct __sk_buff *skb)
{
	__u8 protocol = 0;
	__u16 to = 0;

	/* On lo each packet comes by twice: on its way out, and in. */
	if (skb->pkt_type == PACKET_OUTGOING ||
	    skb->protocol != bpf_htons(ETH_P_IP))
		return 0;
	if (bpf_skb_load_bytes(skb, IP_AT + 9, &protocol, sizeof(protocol)) ||
	    bpf_skb_load_bytes(skb, UDP_AT + 2, &to, sizeof(to)))
		return 0;
	if (protocol == IPPROTO_UDP && bpf_ntohs(to) == port)
		bpf_printk("socket: %d bytes for port %d", skb->len - DATA_AT,
			   port);
	return 0; /* keep nothing of it */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
