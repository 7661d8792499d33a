// @kernels 5.10 6.1 6.12 7.x
// @stimulus ls -lR /etc >/dev/null; sleep 1
// @shows total many 100000
// @shows total each 3000
// @shows total slots 1000000
// @shows map each .*"value":\[[07],[07]\]\}
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, __u32);
	__type(value, __u32);
} many SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 3000);
	__type(key, __u32);
	__type(value, __u32);
} each SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1000000);
	__type(key, __u32);
	__type(value, __u32);
} slots SEC(".maps");

__u32 next = 0;

/* A part each time, so that the verifier sees the end of it. */
SEC("tracepoint/raw_syscalls/sys_enter")
int fill(void *ctx)
{
	__u32 seven = 7;

	for (int i = 0; i < 2000; i++) {
		__u32 key = next++; /* one that two processors take is put in twice */

		if (key >= 100000)
			return 0;
		bpf_map_update_elem(&many, &key, &seven, BPF_ANY);
		if (key < 3000)
			bpf_map_update_elem(&each, &key, &seven, BPF_ANY);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
