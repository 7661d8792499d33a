// @kernels 6.1 7.x
// @finds iterator-may-not-sleep
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

SEC("iter.s/bpf_map_elem") /* HERE */
int list(struct bpf_iter__bpf_map_elem *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
