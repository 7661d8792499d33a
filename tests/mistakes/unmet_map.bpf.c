// @kernels 5.10
// @finds unmet-feature
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF); /* HERE */
	__uint(max_entries, 4096);
} orders SEC(".maps");

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
