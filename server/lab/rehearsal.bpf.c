// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a guest runs once before its snapshot is made: a bit of everything that
 * learners do, so that what a kernel does once is done, for all clones. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

__u64 execs;

SEC("tracepoint/syscalls/sys_enter_execve")
int on_exec(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1;

	execs++;
	bpf_map_update_elem(&seen, &pid, &one, BPF_ANY);
	bpf_printk("exec by %d", pid);
	return 0;
}

SEC("kprobe/path_mount")
int BPF_KPROBE(on_mount)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	bpf_printk("a child of %d", BPF_CORE_READ(task, real_parent, tgid));
	return 0;
}

/* What cannot be attached to is looked for in the kernel's lists. */
SEC("?kprobe/no_such_function")
int on_nothing(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
