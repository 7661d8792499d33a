// @kernels 5.10 6.1 6.12 7.x
// @stimulus for n in 1 2 3; do bash -c 'echo short >/dev/udp/10.13.0.2/9'; bash -c 'echo longer than the others >/dev/udp/10.13.0.2/9'; done; ping -c 2 -q 10.13.0.2; sleep 0.5
// @attach outside=if:lab0
// @attach inside=if:lab1
// @shows attached ^lab0$
// @shows attached ^lab1$
// @shows stats ^inside .*XDP_DROP 3\b
// @shows stats ^inside .*XDP_PASS
// @shows stats ^outside XDP_PASS
// @shows output 2 received
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Of the datagrams to port 9, those that are longer than a few letters go no further. */
SEC("xdp")
int inside(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	if (udp->dest == bpf_htons(9) && bpf_ntohs(udp->len) > sizeof(*udp) + 10)
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp")
int outside(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
