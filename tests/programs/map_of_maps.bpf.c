// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map outer .*"map [0-9]+ one"
// @shows map one .*"5"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { (void *)&one },
};

SEC("tp/syscalls/sys_enter_unlinkat")
int look(void *ctx)
{
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(&outer, &zero);
	__u64 value = 5;

	if (map != NULL)
		bpf_map_update_elem(map, &zero, &value, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
