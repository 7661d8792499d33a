// @kernels 5.10 7.x
// @finds too-large
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u64 sum = 0;

	for (int i = 0; i < 1000000; i++)
		sum += bpf_ktime_get_ns();
	return sum & 1;
}

char LICENSE[] SEC("license") = "GPL";
