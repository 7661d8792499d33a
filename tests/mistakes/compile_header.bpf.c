// @kernels 6.1
// @finds clang
// @note There is no stdio.h here
#include "vmlinux.h"
#include <stdio.h> /* HERE */
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
