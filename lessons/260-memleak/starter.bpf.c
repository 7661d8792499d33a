// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6:"

/* Frames of one stack that are kept: those next to the allocator. */
#define DEPTH 16

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

/* What the process did before main() is not this program's. */
bool watching = false;

/* Bytes that are in use now, of all stacks. */
__s64 total = 0;

/* What a thread has asked for, until the allocator returns. */
struct asked {
	__u64 size;
	__s32 stack;
};

struct block {
	__u64 size;
	__s32 stack;
};

struct held {
	__s64 blocks;
	__s64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* thread */
	__type(value, struct asked);
} asking SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* address */
	__type(value, struct block);
} live SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __s32); /* stack */
	__type(value, struct held);
} leaks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

static __always_inline bool is_watched(void)
{
	return watching && bpf_get_current_pid_tgid() >> 32 == target;
}

/* One block more, or one less, of this stack. */
static __always_inline void change(__s32 stack, __s64 blocks, __s64 bytes)
{
	struct held none = {}, *held;

	bpf_map_update_elem(&leaks, &stack, &none, BPF_NOEXIST);
	held = bpf_map_lookup_elem(&leaks, &stack);
	if (!held)
		return;

	__sync_fetch_and_add(&held->blocks, blocks);
	__sync_fetch_and_add(&held->bytes, bytes);
	__sync_fetch_and_add(&total, bytes);
	bpf_printk("stack %d: %lld blocks, %lld bytes", stack, held->blocks,
		   held->bytes);
}

/* At the entry of malloc(): remember what is asked for. */
static __always_inline int ask(void *ctx, __u64 size)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct asked asked = {};

	if (!is_watched())
		return 0;

	asked.size = size;
	asked.stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	bpf_map_update_elem(&asking, &tid, &asked, BPF_ANY);
	return 0;
}

/* At its return: this address is in use from now on. */
static __always_inline int note_block(__u64 addr)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct block block = {};
	struct asked *asked;

	asked = bpf_map_lookup_elem(&asking, &tid);
	if (!asked)
		return 0;

	block.size = asked->size;
	block.stack = asked->stack;
	bpf_map_delete_elem(&asking, &tid);

	if (addr && !bpf_map_update_elem(&live, &addr, &block, BPF_ANY))
		change(block.stack, 1, block.size);
	return 0;
}

SEC("uprobe//usr/local/bin/lab-leak:main")
int BPF_UPROBE(main_begins)
{
	if (bpf_get_current_pid_tgid() >> 32 == target)
		watching = true;
	return 0;
}

SEC("uprobe/" LIBC "malloc")
int BPF_UPROBE(malloc_begins, __u64 size)
{
	return ask(ctx, size);
}

SEC("uretprobe/" LIBC "malloc")
int BPF_URETPROBE(malloc_ends, __u64 addr)
{
	return note_block(addr);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
