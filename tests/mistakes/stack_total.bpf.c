// @kernels 5.10 6.1 6.12
// @finds verifier-stack-total
// 7.3 gives each function of a tracing program its own 512 bytes, and takes this one.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

static __attribute__((noinline)) int deeper(int seed)
{
	volatile char room[300] = {};

	room[seed & 127] = 1;
	return room[7];
}

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	volatile char room[300] = {};

	room[3] = 1;
	return deeper(room[5]) + room[4];
}

char LICENSE[] SEC("license") = "GPL";
