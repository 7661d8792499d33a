// @kernels 6.1
// @finds unmet-hook
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("struct_ops/reset")
void reset(void *ctx)
{
}

SEC(".struct_ops")
struct Qdisc_ops fifo = { /* HERE */
	.reset = (void *)reset,
	.id = "bpf_lab",
};

char LICENSE[] SEC("license") = "GPL";
