// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-lock
// @report cannot be used while this path is still inside an active lock region
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct locked {
	struct bpf_spin_lock lock;
	__u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} counts SEC(".maps");

SEC("tc")
int count(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct locked *locked = bpf_map_lookup_elem(&counts, &zero);

	if (locked == NULL)
		return 0;
	bpf_spin_lock(&locked->lock);
	locked->count++;
	return 0;
} /* HERE */

char LICENSE[] SEC("license") = "GPL";
