// @kernels 5.10 6.1 6.12 7.x
// @finds unknown-section
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tracepont/syscalls/sys_enter_execve") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
