// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-packet-bounds
// @report the minimal bound for a memory access is 12 and is outside of the object of size 0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("xdp")
int look(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data; /* WAY */

	return eth->h_proto == 8 ? XDP_PASS : XDP_DROP; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
