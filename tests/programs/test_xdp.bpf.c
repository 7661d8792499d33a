// @kernels 5.10 6.1 6.12 7.x
// @stimulus true
// @test swap=02000000000102000000000208000000
// @shows tested "returned":3.*"verdict":"XDP_TX"
// @shows tested "output":"02000000000202000000000108000000"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define ETH_ALEN 6

SEC("xdp")
int swap(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	unsigned char keep[ETH_ALEN];

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	__builtin_memcpy(keep, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, keep, ETH_ALEN);
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
