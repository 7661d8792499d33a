// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map size_hist .*"value":"4"
// @shows map linear_dist .*"value":"3"
// @shows map waits .*"slots":\[0,5,0,0\]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct wait {
	__u32 count;
	__u32 slots[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} size_hist SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} linear_dist SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct wait);
} waits SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int fill(void *ctx)
{
	struct wait wait = { .count = 5, .slots = { 0, 5 } };
	__u32 one = 1, two = 2;
	__u64 size = 4, half = 2, three = 3;

	bpf_map_update_elem(&size_hist, &one, &half, BPF_ANY);
	bpf_map_update_elem(&size_hist, &two, &size, BPF_ANY);
	bpf_map_update_elem(&linear_dist, &two, &three, BPF_ANY);
	bpf_map_update_elem(&waits, &one, &wait, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
