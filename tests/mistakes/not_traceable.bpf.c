// @kernels 5.10 7.x
// @finds not-traceable
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("fentry/do_syscall_64") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
