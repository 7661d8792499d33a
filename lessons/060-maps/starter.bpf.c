// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define COMM_LEN 16

/* Count the writes of processes whose name begins like this. */
const volatile char writer[COMM_LEN] = "";

/* Writes that found no room in counts. */
__u64 no_room = 0;

/* How many writes of which size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* How many writes in all. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
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
	__u64 *count, more;
	__u32 zero = 0, size;

	if (!is_writer())
		return 0;

	count = bpf_map_lookup_elem(&total, &zero);
	if (count)
		(*count)++;

	/* NULL: the map has no such size yet. */
	size = ctx->args[2];
	count = bpf_map_lookup_elem(&counts, &size);
	more = count ? *count + 1 : 1;
	bpf_map_update_elem(&counts, &size, &more, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
