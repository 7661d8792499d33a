// @kernels 5.10 6.1 6.12 7.x
// @stimulus lab-do connect tcp 127.0.0.1:8001
// @shows trace sockops fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("sockops")
int look(struct bpf_sock_ops *ctx)
{
	bpf_printk("sockops fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
