// @kernels 5.10 7.x
// @finds reads-past-element
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u32);
} numbers SEC(".maps");

SEC("iter/bpf_map_elem") /* HERE */
int list(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *value = ctx->value;

	return value != NULL && value[1] == 7;
}

char LICENSE[] SEC("license") = "GPL";
