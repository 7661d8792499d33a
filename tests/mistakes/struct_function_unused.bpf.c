// @kernels 6.1
// @finds struct-function-unused
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("struct_ops")
int undo(void *ctx) /* HERE */
{
	return 10;
}

char LICENSE[] SEC("license") = "GPL";
