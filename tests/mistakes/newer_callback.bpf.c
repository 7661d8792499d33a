// @kernels 5.10
// @finds verifier-newer-callback
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 sum;

static long add(__u32 i, void *ctx)
{
	sum += i;
	return 0;
}

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	bpf_loop(10, add, NULL, 0); /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
