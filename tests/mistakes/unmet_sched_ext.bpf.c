// @kernels 5.10 6.1 6.12
// @finds unmet-feature
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("struct_ops/fifo_enqueue")
int fifo_enqueue(void *ctx)
{
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops fifo = { /* HERE */
	.enqueue = (void *)fifo_enqueue,
	.name = "bpf_lab",
};

char LICENSE[] SEC("license") = "GPL";
