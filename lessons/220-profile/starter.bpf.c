// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define COMM_LEN 16

/* Frames of one stack that are kept: those next to where it stood. */
#define DEPTH 32

/* What one tick of the clock found: who, and two keys of the map stacks. */
struct moment {
	__u32 pid;
	__u32 cpu;
	__s32 kernel;
	__s32 user;
	char comm[COMM_LEN];
};

/* Many entries: two stacks that want the same place cannot both have it. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} samples SEC(".maps");

SEC("perf_event")
int take(struct bpf_perf_event_data *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid();
	struct moment *now;

	now = bpf_ringbuf_reserve(&samples, sizeof(*now), 0);
	if (!now)
		return 0;

	now->pid = pid;
	now->cpu = bpf_get_smp_processor_id();
	now->kernel = 0;
	now->user = 0;
	bpf_get_current_comm(now->comm, sizeof(now->comm));
	bpf_ringbuf_submit(now, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
