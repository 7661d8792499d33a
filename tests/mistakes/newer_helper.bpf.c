// @kernels 5.10
// @finds verifier-newer-helper
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 now;

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	now = bpf_ktime_get_tai_ns(); /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
