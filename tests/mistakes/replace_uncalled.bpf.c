// @kernels 5.10 6.1 6.12 7.x
// @finds not-replaceable
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
	bpf_printk("it does not ask");
	return 0;
}

SEC("freplace/answer") /* HERE */
int instead(int of)
{
	return 42;
}

char LICENSE[] SEC("license") = "GPL";
