// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Room for so many ways of passing arguments; the header takes 256. */
#define BPF_USDT_MAX_SPEC_CNT 4
#include <bpf/usdt.bpf.h>

/* One collection, from beginning to end. */
struct collection {
	__u32 pid;
	__s32 generation;
	__s64 collected;
	__u64 us;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} collections SEC(".maps");

/* A collection begins: all that is known is what will be looked through. */
SEC("usdt//usr/bin/python3:python:gc__start")
int BPF_USDT(gc_begins, int generation)
{
	struct collection seen = {};

	seen.pid = bpf_get_current_pid_tgid() >> 32;
	seen.generation = generation;
	bpf_perf_event_output(ctx, &collections, BPF_F_CURRENT_CPU, &seen,
			      sizeof(seen));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
