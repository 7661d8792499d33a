// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* The kernel's own number of a device: major above, minor below. */
#define MINOR_BITS 20
#define MINOR_MASK ((1 << MINOR_BITS) - 1)

/* Where the last request ended, in sectors. */
__u64 next = 0;

struct pattern {
	__u64 sequential;
	__u64 random;
};

/* By device. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct pattern);
} patterns SEC(".maps");

/* What a request was, in sectors of 512 bytes. */
struct extent {
	__u32 dev;
	__u64 sector;
	__u32 sectors;
};

/* The event's type, as it was called before 5.18. */
struct trace_event_raw_block_rq_complete {
	dev_t dev;
	sector_t sector;
	unsigned int nr_sector;
} __attribute__((preserve_access_index));

static __always_inline void read_event(void *ctx, struct extent *extent)
{
	struct trace_event_raw_block_rq_completion *event = ctx;
	struct trace_event_raw_block_rq_complete *old = ctx;

	if (bpf_core_type_exists(*event)) {
		extent->dev = BPF_CORE_READ(event, dev);
		extent->sector = BPF_CORE_READ(event, sector);
		extent->sectors = BPF_CORE_READ(event, nr_sector);
	} else {
		extent->dev = BPF_CORE_READ(old, dev);
		extent->sector = BPF_CORE_READ(old, sector);
		extent->sectors = BPF_CORE_READ(old, nr_sector);
	}
}

SEC("tp/block/block_rq_complete")
int request_done(void *ctx)
{
	struct pattern none = {}, *pattern;
	struct extent extent;

	read_event(ctx, &extent);

	bpf_printk("minor %u: %u sectors at %llu", extent.dev & MINOR_MASK,
		   extent.sectors, extent.sector);

	bpf_map_update_elem(&patterns, &extent.dev, &none, BPF_NOEXIST);
	pattern = bpf_map_lookup_elem(&patterns, &extent.dev);
	if (!pattern)
		return 0;

	if (extent.sector == next)
		__sync_fetch_and_add(&pattern->sequential, 1);
	else
		__sync_fetch_and_add(&pattern->random, 1);
	next = extent.sector + extent.sectors;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
