// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/10.13.0.2/9'; sleep 0.2
// @attach look=if:lab0:egress
// @shows trace tc_given fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tc")
int look(struct __sk_buff *ctx)
{
	bpf_printk("tc_given fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
