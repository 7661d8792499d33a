// @kernels 5.10 6.1 6.12 7.x
// @stimulus timeout 6 bash -c 'echo x >/dev/tcp/10.13.0.2/9' 2>&1 | grep refused || echo no answer
// @attach drop=if:lab0
// @shows trace xdp dropped
// @shows output no answer
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	bpf_printk("xdp dropped %d bytes", (int)(ctx->data_end - ctx->data));
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
