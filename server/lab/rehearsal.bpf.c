// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a guest runs once before it waits: a bit of everything that learners do. */
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

__u64 writes;

SEC("tracepoint/syscalls/sys_enter_write")
int on_write(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1;

	writes++;
	bpf_map_update_elem(&seen, &pid, &one, BPF_ANY);
	bpf_printk("write by %d", pid);
	return 0;
}

SEC("kprobe/vfs_write")
int BPF_KPROBE(on_vfs_write)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	bpf_printk("write by a child of %d", BPF_CORE_READ(task, real_parent, tgid));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
