// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define COMM_LEN  16
#define NS_PER_US 1000

/* Slot n counts waits of 2^n microseconds and more; the last one, the rest. */
#define SLOTS 26

struct hist {
	__u64 woken;
	__u64 preempted;
	__u64 total_us;
	__u32 slots[SLOTS];
};

/* By thread: since when it has been waiting. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u64);
} since SEC(".maps");

/* By name: how often tasks of this name waited, and for how long. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, char[COMM_LEN]);
	__type(value, struct hist);
} waits SEC(".maps");

/* What a new entry begins with. */
static const struct hist empty = {};

static __always_inline struct hist *hist_of(struct task_struct *task)
{
	char comm[COMM_LEN] = {};

	bpf_probe_read_kernel_str(comm, sizeof(comm), task->comm);
	bpf_map_update_elem(&waits, comm, &empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&waits, comm);
}

/* The position of the highest bit: 1 is in slot 0, 2 and 3 in slot 1. */
static __always_inline __u32 slot_of(__u64 us)
{
	__u32 slot = 0;

	for (int step = 32; step > 0; step /= 2) {
		if (us >> step) {
			us >>= step;
			slot += step;
		}
	}
	return slot < SLOTS ? slot : SLOTS - 1;
}

static __always_inline void wait_begins(struct task_struct *task)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 tid = task->pid;

	bpf_map_update_elem(&since, &tid, &now, BPF_ANY);
}

static __always_inline void wait_ends(struct task_struct *task)
{
	__u32 tid = task->pid;
	__u64 *began = bpf_map_lookup_elem(&since, &tid);
	struct hist *hist;
	__u64 us;

	if (!began)
		return;
	us = (bpf_ktime_get_ns() - *began) / NS_PER_US;
	bpf_map_delete_elem(&since, &tid);

	hist = hist_of(task);
	if (!hist)
		return;
	__sync_fetch_and_add(&hist->total_us, us);
	__sync_fetch_and_add(&hist->slots[slot_of(us)], 1);
}

static __always_inline int woken(struct task_struct *task)
{
	struct hist *hist = hist_of(task);

	if (hist)
		__sync_fetch_and_add(&hist->woken, 1);
	wait_begins(task);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakes, struct task_struct *task)
{
	return woken(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(wakes_new, struct task_struct *task)
{
	return woken(task);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, bool preempt, struct task_struct *prev,
	     struct task_struct *next)
{
	wait_ends(next);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
