// @kernels 5.10 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows output slot 2 holds 0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

SEC("iter/bpf_map_elem")
int list(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;

	if (key != NULL && value != NULL)
		BPF_SEQ_PRINTF(ctx->meta->seq, "slot %u holds %llu\n", *key, *value);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
