// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/10.13.0.2/9'; sleep 0.2
// @attach look=if:lab0
// @shows trace xdp_veth fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("xdp")
int look(struct xdp_md *ctx)
{
	bpf_printk("xdp_veth fired");
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
