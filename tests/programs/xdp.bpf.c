// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows trace xdp fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("xdp")
int look(struct xdp_md *ctx)
{
	bpf_printk("xdp fired");
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
