// @kernels 5.10 6.1 6.12 7.x
// @finds clang
// @note A function has 512 bytes of stack
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	volatile char room[600] = {};

	room[bpf_ktime_get_ns() & 511] = 1;
	return room[7];
}

char LICENSE[] SEC("license") = "GPL";
