// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define COMM_LEN 16

/* The process that asks: set before load, fixed from then on. */
const volatile __u32 target = 0;

/* The kernel asks its security modules: may this signal go to that task? */
SEC("kprobe/security_task_kill")
int BPF_KPROBE(asked, struct task_struct *task)
{
	/* How far into the struct comm is, as the compiler sees it on 6.1. */
	const long offset = __builtin_offsetof(struct task_struct, comm);
	char comm[COMM_LEN];

	if (bpf_get_current_pid_tgid() >> 32 != target)
		return 0;

	bpf_probe_read_kernel_str(comm, sizeof(comm), (char *)task + offset);
	bpf_printk("asked about \"%s\"", comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
