// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-unbounded
// @report the maximal bound for a memory access is 4294967295
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct entry {
	__u64 count;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u32 key = 1;
	struct entry *entry = bpf_map_lookup_elem(&entries, &key);
	__u64 index = bpf_get_prandom_u32(); /* WAY */

	if (entry == NULL)
		return 0;
	return entry->name[index]; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
