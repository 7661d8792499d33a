// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/192.0.2.1/9'; sleep 0.2
// @shows trace lwt_xmit fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("lwt_xmit")
int look(struct __sk_buff *ctx)
{
	bpf_printk("lwt_xmit fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
