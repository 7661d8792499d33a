// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Room for so many ways of passing arguments; the header takes 256. */
#define BPF_USDT_MAX_SPEC_CNT 8
#include <bpf/usdt.bpf.h>

#define LIBJVM "/usr/lib/jvm/java-21-openjdk-amd64/lib/server/libjvm.so"

/* Room for a name and a NUL. */
#define NAME_LEN      32

#define NSEC_PER_USEC 1000

/* One collection, from beginning to end. */
struct collection {
	__u32 pid;
	__u32 full;
	char collector[NAME_LEN];
	__s64 freed; /* KiB */
	__u64 us;
};

/* What is known so far of the collection that a thread is at. */
struct begun {
	__u64 ns;
	__s64 before; /* bytes in all pools */
	__s64 after;
	struct collection seen;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* thread */
	__type(value, struct begun);
} running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} collections SEC(".maps");

static __always_inline struct begun *mine(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&running, &tid);
}

SEC("usdt/" LIBJVM ":hotspot:gc__begin")
int BPF_USDT(gc_begins, bool full)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct begun begun = {};
	__u32 tid = (__u32)id;

	begun.ns = bpf_ktime_get_ns();
	begun.seen.pid = id >> 32;
	begun.seen.full = full;
	bpf_map_update_elem(&running, &tid, &begun, BPF_ANY);
	return 0;
}

SEC("usdt/" LIBJVM ":hotspot:mem__pool__gc__begin")
int BPF_USDT(pool_begins, void *collector, __u64 length, void *pool,
	     __u64 pool_length, __u64 initial, __u64 used)
{
	struct begun *begun = mine();

	if (!begun)
		return 0;

	begun->before += used;
	if (length < NAME_LEN)
		bpf_probe_read_user(begun->seen.collector, length, collector);
	return 0;
}

SEC("usdt/" LIBJVM ":hotspot:mem__pool__gc__end")
int BPF_USDT(pool_ends, void *collector, __u64 length, void *pool,
	     __u64 pool_length, __u64 initial, __u64 used)
{
	struct begun *begun = mine();

	if (begun)
		begun->after += used;
	return 0;
}

SEC("usdt/" LIBJVM ":hotspot:gc__end")
int BPF_USDT(gc_ends)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct begun *begun = mine();
	struct collection seen;

	if (!begun)
		return 0;

	seen = begun->seen;
	/* A shift: BPF divides what has a sign from 6.6 on only. */
	seen.freed = (begun->before - begun->after) >> 10;
	seen.us = (bpf_ktime_get_ns() - begun->ns) / NSEC_PER_USEC;
	bpf_map_delete_elem(&running, &tid);
	bpf_ringbuf_output(&collections, &seen, sizeof(seen), 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
