// @kernels 6.1 6.12 7.x
// @finds unknown-kfunc
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int bpf_nobody_has_this(int number) __ksym;

SEC("tp/syscalls/sys_enter_execve")
int look(void *ctx)
{
	return bpf_nobody_has_this(1);
}

char LICENSE[] SEC("license") = "GPL";
