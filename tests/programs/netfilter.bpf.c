// @kernels 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows trace netfilter fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("netfilter")
int look(struct bpf_nf_ctx *ctx)
{
	bpf_printk("netfilter fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
