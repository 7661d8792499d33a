// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map routes .*"10.0.0.0/8".*7
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct prefix {
	__u32 length;
	__u8 bits[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int add(void *ctx)
{
	struct prefix prefix = { .length = 8, .bits = { 10, 0, 0, 0 } };
	__u32 value = 7;

	bpf_map_update_elem(&routes, &prefix, &value, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
