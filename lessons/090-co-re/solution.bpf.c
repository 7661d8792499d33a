// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define COMM_LEN 16

/* The process that asks: set before load, fixed from then on. */
const volatile __u32 target = 0;

/* On 5.10 the field has another name, and is a long. */
struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

static __always_inline long state_of(struct task_struct *task)
{
	struct task_struct___old *old = (void *)task;

	/* A constant once libbpf has looked; the other branch is dead. */
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

/* The kernel asks its security modules: may this signal go to that task? */
SEC("kprobe/security_task_kill")
int BPF_KPROBE(asked, struct task_struct *task)
{
	char comm[COMM_LEN];

	if (bpf_get_current_pid_tgid() >> 32 != target)
		return 0;

	BPF_CORE_READ_STR_INTO(&comm, task, comm);
	bpf_printk("%s is in state %ld", comm, state_of(task));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
