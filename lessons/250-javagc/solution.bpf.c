// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Room for so many ways of passing arguments; the header takes 256. */
#define BPF_USDT_MAX_SPEC_CNT 4
#include <bpf/usdt.bpf.h>

#define NSEC_PER_USEC 1000

/* One collection, from beginning to end. */
struct collection {
	__u32 pid;
	__s32 generation;
	__s64 collected;
	__u64 us;
};

/* What the beginning knows, until the end. */
struct begun {
	__u64 ns;
	__s32 generation;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* thread */
	__type(value, struct begun);
} running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} collections SEC(".maps");

SEC("usdt//usr/bin/python3:python:gc__start")
int BPF_USDT(gc_begins, int generation)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct begun begun = {};

	begun.ns = bpf_ktime_get_ns();
	begun.generation = generation;
	bpf_map_update_elem(&running, &tid, &begun, BPF_ANY);
	return 0;
}

SEC("usdt//usr/bin/python3:python:gc__done")
int BPF_USDT(gc_ends, long collected)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct collection seen = {};
	__u32 tid = (__u32)id;
	struct begun *begun;

	begun = bpf_map_lookup_elem(&running, &tid);
	if (!begun)
		return 0;

	seen.pid = id >> 32;
	seen.generation = begun->generation;
	seen.collected = collected;
	seen.us = (bpf_ktime_get_ns() - begun->ns) / NSEC_PER_USEC;
	bpf_map_delete_elem(&running, &tid);
	bpf_perf_event_output(ctx, &collections, BPF_F_CURRENT_CPU, &seen,
			      sizeof(seen));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
