// @kernels 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows trace tcx fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tcx/ingress")
int look(struct __sk_buff *ctx)
{
	bpf_printk("tcx fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
