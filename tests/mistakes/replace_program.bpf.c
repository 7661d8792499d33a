// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-not-separate
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__noinline int answer(int of)
{
	asm volatile("" : "+r"(of));
	return of;
}

SEC("tp/syscalls/sys_enter_unlinkat")
int look(void *ctx)
{
	bpf_printk("%d", answer(7));
	return 0;
}

SEC("freplace/look")
int instead(void *ctx)
{
	return 42;
}

char LICENSE[] SEC("license") = "GPL";
