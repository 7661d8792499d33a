// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define COMM_LEN 16

/* In exit_code: the signal below, the status above it. */
#define SIGNAL_MASK  0x7f
#define STATUS_SHIFT 8
#define STATUS_MASK  0xff

/* Report the children of this process. */
const volatile __u32 target = 0;

struct event {
	__u32 pid;
	__u32 ppid;
	__u32 code;
	__u32 signal;
	char comm[COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

SEC("tp/sched/sched_process_exit")
int note_exit(void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32, tid = (__u32)id;
	struct event *event;
	__u32 ppid;
	int code;

	/* Threads end here too; the first thread has the process's number. */
	if (tid != pid)
		return 0;

	ppid = BPF_CORE_READ(task, real_parent, tgid);
	if (ppid != target)
		return 0;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;

	code = BPF_CORE_READ(task, exit_code);
	event->pid = pid;
	event->ppid = ppid;
	event->code = code >> STATUS_SHIFT & STATUS_MASK;
	event->signal = code & SIGNAL_MASK;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
