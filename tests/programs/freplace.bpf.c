// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows attached ^answer of first, second$
// @shows trace first heard 42 of 7
// @shows trace second heard 42 of 8
// @shows global replaced [1-9]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 replaced;

__noinline int answer(int of)
{
	asm volatile("" : "+r"(of));
	return of;
}

SEC("tp/syscalls/sys_enter_unlinkat")
int first(void *ctx)
{
	bpf_printk("first heard %d of 7", answer(7));
	return 0;
}

SEC("tp/syscalls/sys_enter_unlinkat")
int second(void *ctx)
{
	bpf_printk("second heard %d of 8", answer(8));
	return 0;
}

SEC("freplace/answer")
int instead(int of)
{
	__sync_fetch_and_add(&replaced, 1);
	return 42;
}

char LICENSE[] SEC("license") = "GPL";
