// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define COMM_LEN 16
#define FILE_LEN 64

/* In exit_code: the signal below, the status above it. */
#define SIGNAL_MASK  0x7f
#define STATUS_SHIFT 8
#define STATUS_MASK  0xff

#define NS_PER_MS    1000000

/* The low half of a __data_loc field: where its bytes begin in the record. */
#define OFFSET_MASK 0xffff

/* Say nothing of lives shorter than this. */
const volatile __u64 min_ms = 0;

/* What must be remembered from exec until exit. */
struct running {
	__u64 since;
	char file[FILE_LEN];
};

/* What user space gets. */
struct life {
	__u32 pid;
	__u32 ppid;
	__u32 code;
	__u32 signal;
	__u64 duration_ms;
	char comm[COMM_LEN];
	char file[FILE_LEN];
};

/* Room for those that run at one time, not for all that ever ran. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 12);
	__type(key, __u32);
	__type(value, struct running);
} alive SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} lives SEC(".maps");

SEC("tp/sched/sched_process_exec")
int note_exec(struct trace_event_raw_sched_process_exec *ctx)
{
	void *name = (void *)ctx + (ctx->__data_loc_filename & OFFSET_MASK);
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct running now = {};

	now.since = bpf_ktime_get_ns();
	bpf_probe_read_kernel_str(now.file, sizeof(now.file), name);

	/* A second exec replaces the first: another program, a new life. */
	bpf_map_update_elem(&alive, &pid, &now, BPF_ANY);
	return 0;
}

static __always_inline void report(__u32 pid, struct running *was)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 ms = (bpf_ktime_get_ns() - was->since) / NS_PER_MS;
	struct life *life;
	int code;

	if (ms < min_ms)
		return;

	life = bpf_ringbuf_reserve(&lives, sizeof(*life), 0);
	if (!life)
		return;

	code = BPF_CORE_READ(task, exit_code);
	life->pid = pid;
	life->ppid = BPF_CORE_READ(task, real_parent, tgid);
	life->code = code >> STATUS_SHIFT & STATUS_MASK;
	life->signal = code & SIGNAL_MASK;
	life->duration_ms = ms;
	bpf_get_current_comm(life->comm, sizeof(life->comm));
	__builtin_memcpy(life->file, was->file, sizeof(life->file));
	bpf_ringbuf_submit(life, 0);
}

SEC("tp/sched/sched_process_exit")
int note_exit(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32, tid = (__u32)id;
	struct running *was;

	/* Threads end here too, and the process goes on without them. */
	if (tid != pid)
		return 0;

	was = bpf_map_lookup_elem(&alive, &pid);
	if (!was)
		return 0;

	report(pid, was);

	/* Last: from here on the entry may be given to another process. */
	bpf_map_delete_elem(&alive, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
