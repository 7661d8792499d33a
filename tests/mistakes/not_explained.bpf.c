// @kernels 5.10 6.1 6.12 7.x
// @finds rejected
// @report Operator *= is not one of the limited pointer arithmetic operations
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 stored;

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	stored = (__u64)ctx * 3; /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
