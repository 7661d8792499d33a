// @kernels 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace the arena keeps 42
// @shows map arena .*"0x0000".*"2a000000000000000000000000000000"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4); /* pages */
} arena SEC(".maps");

void __arena *bpf_arena_alloc_pages(void *map, void __arena *addr, __u32 pages, int node, __u64 flags) __ksym __weak;

static __u64 __arena *kept;

SEC("lsm.s/inode_unlink")
int keep(void *ctx)
{
	if (kept == NULL)
		kept = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);
	if (kept == NULL)
		return 0;
	*kept = 42;
	bpf_printk("the arena keeps %llu", *kept);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
