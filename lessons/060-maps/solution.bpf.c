// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define COMM_LEN 16

/* Count the writes of processes whose name begins like this. */
const volatile char writer[COMM_LEN] = "";

/* Writes that found no room in counts. */
__u64 no_room = 0;

/* Three bytes of padding follow fd, and they are part of the key. */
struct kind {
	__u32 size;
	__u8 fd;
};

/* How many writes of which kind. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct kind);
	__type(value, __u64);
} counts SEC(".maps");

/* How many writes in all, by each processor. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} total SEC(".maps");

static __always_inline bool is_writer(void)
{
	char comm[COMM_LEN];

	bpf_get_current_comm(comm, sizeof(comm));
	for (int i = 0; i < COMM_LEN && writer[i]; i++)
		if (comm[i] != writer[i])
			return false;
	return true;
}

SEC("tp/syscalls/sys_enter_write")
int count_writes(struct trace_event_raw_sys_enter *ctx)
{
	__u64 nothing = 0, *count;
	struct kind kind;
	__u32 zero = 0;
	int err = 0;

	if (!is_writer())
		return 0;

	/* This processor's own element: nobody else writes to it. */
	count = bpf_map_lookup_elem(&total, &zero);
	if (count)
		(*count)++;

	__builtin_memset(&kind, 0, sizeof(kind));
	kind.size = ctx->args[2];
	kind.fd = ctx->args[0];

	count = bpf_map_lookup_elem(&counts, &kind);
	if (!count) {
		/* The other processor may be faster: then its entry stays. */
		err = bpf_map_update_elem(&counts, &kind, &nothing,
					  BPF_NOEXIST);
		count = bpf_map_lookup_elem(&counts, &kind);
	}
	if (!count) {
		__sync_fetch_and_add(&no_room, 1);
		bpf_printk("no room for %u bytes: %d", kind.size, err);
		return 0;
	}
	__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
