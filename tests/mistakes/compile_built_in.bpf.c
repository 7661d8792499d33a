// @kernels 6.1
// @finds clang
// @note use a constant size
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char from[256], to[256];

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__builtin_memcpy(to, from, bpf_get_prandom_u32() & 255); /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
