// @kernels 5.10 6.1 6.12 7.x
// @finds too-large
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Long and without a branch, so that a million instructions are looked at in seconds. */
SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u64 sum = 0;

	for (__u64 i = 0; i < 1000000; i++)
		asm volatile(".rept 256; %0 += %1; .endr" : "+r"(sum) : "r"(i));
	return sum & 1;
}

char LICENSE[] SEC("license") = "GPL";
