// @kernels 5.10 6.1 6.12 7.x
// @finds map-not-made
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 0xffffffff);
	__type(key, __u32);
	__type(value, __u64);
} big SEC(".maps"); /* HERE */

SEC("tp/syscalls/sys_enter_execve")
int look(void *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&big, &key);

	return value ? *value : 0;
}

char LICENSE[] SEC("license") = "GPL";
