// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* Macros are not in BTF, so vmlinux.h has none of these. */
#define TC_ACT_OK   0
#define TC_ACT_SHOT 2
#define ETH_P_IP    0x0800

/* As far as the kind: Ethernet, the longest IPv4 header, UDP, four bytes. */
#define DEEP (14 + 60 + 8 + 4)

/* What must not arrive: messages of this kind, for this port. */
const volatile __u16 port = 0;
const volatile __u32 unwanted = 0;

/* Asked about each packet that comes in. */
SEC("tc")
int look(struct __sk_buff *skb)
{
	void *data, *end;
	struct ethhdr *eth;
	struct iphdr *ip;
	struct udphdr *udp;
	__be32 *first;
	__u32 kind;
	int bytes;

	/* The sender may have left it in pieces: put its beginning together. */
	bpf_skb_pull_data(skb, skb->len < DEEP ? skb->len : DEEP);

	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;

	eth = data;
	if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;

	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_UDP)
		return TC_ACT_OK;

	/* Options make the header longer than 20 bytes: ihl counts words. */
	udp = (void *)ip + ip->ihl * 4;
	first = (void *)(udp + 1);
	if ((void *)(first + 1) > end || udp->dest != bpf_htons(port))
		return TC_ACT_OK;

	kind = bpf_ntohl(*first);
	bytes = bpf_ntohs(udp->len) - sizeof(*udp);
	if (kind == unwanted) {
		bpf_printk("dropped kind %u, %d bytes", kind, bytes);
		return TC_ACT_SHOT;
	}
	bpf_printk("kind %u, %d bytes", kind, bytes);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
