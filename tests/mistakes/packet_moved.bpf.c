// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-packet-moved
// @report R7 is an integer scalar here, not a pointer to memory.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tc")
int look(struct __sk_buff *skb)
{
	struct ethhdr *eth = (void *)(long)skb->data;

	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return 0;
	if (bpf_skb_pull_data(skb, 100))
		return 0;
	return eth->h_proto == 8 ? 0 : 2; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
