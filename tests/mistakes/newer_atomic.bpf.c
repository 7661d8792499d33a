// @kernels 5.10
// @finds verifier-newer-atomic
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 total, turn;

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__sync_fetch_and_add(&total, 1);
	turn = __sync_fetch_and_add(&total, 1); /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
