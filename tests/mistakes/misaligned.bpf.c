// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-misaligned
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	char text[16] = {};
	int *number = (int *)(text + 3);

	asm volatile("" : "+r"(number));
	return *number; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
