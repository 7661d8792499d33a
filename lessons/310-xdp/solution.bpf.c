// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define ETH_P_IP 0x0800

/* The TCP port whose answers are not to come in. */
const volatile __u16 port = 0;

/* How many packets of IPv4 got which verdict: one counter for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_REDIRECT + 1);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline __u32 judge(struct iphdr *ip, void *end)
{
	/* Options make the header longer than 20 bytes: ihl counts words. */
	struct tcphdr *tcp = (void *)ip + ip->ihl * 4;

	if (ip->protocol != IPPROTO_TCP || (void *)(tcp + 1) > end)
		return XDP_PASS;

	/* An answer comes from the port that was called. */
	return tcp->source == bpf_htons(port) ? XDP_DROP : XDP_PASS;
}

/* Asked about each packet, before the kernel makes anything of it. */
SEC("xdp")
int gate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u64 *count;
	__u32 verdict;

	/* Without ARP nobody would know where to send anything. */
	if ((void *)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if ((void *)(ip + 1) > end)
		return XDP_PASS;

	verdict = judge(ip, end);
	count = bpf_map_lookup_elem(&verdicts, &verdict);
	if (count)
		(*count)++;
	return verdict;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
