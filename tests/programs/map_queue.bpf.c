// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map waiting .*"key":"next","value":\{"first":7
// @shows map pile .*"key":"top","value":"?9
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct job {
	__u32 first;
	__u32 second;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, struct job);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 8);
	__type(value, __u32);
} pile SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int add(void *ctx)
{
	struct job first = { .first = 7, .second = 8 };
	struct job last = { .first = 1, .second = 2 };
	__u32 low = 3, high = 9;

	bpf_map_push_elem(&waiting, &first, BPF_ANY);
	bpf_map_push_elem(&waiting, &last, BPF_ANY);
	bpf_map_push_elem(&pile, &low, BPF_ANY);
	bpf_map_push_elem(&pile, &high, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
