// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'; sleep 0.2
// @shows trace xdp_plain fired
// @shows uncounted look
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Of such a function no kernel believes the type, so what it returns is not counted. */
SEC("xdp")
int look(void *ctx)
{
	bpf_printk("xdp_plain fired");
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
