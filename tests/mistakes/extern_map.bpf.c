// @kernels 6.1
// @finds extern-map
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} kept SEC(".maps"); /* HERE */

SEC("tp/syscalls/sys_enter_execve")
int look(void *ctx)
{
	__u32 key = 1;

	return bpf_map_lookup_elem(&kept, &key) ? 1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
