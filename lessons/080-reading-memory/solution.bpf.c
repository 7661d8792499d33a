// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Longer names are cut; the last byte is always the NUL. */
#define NAME_LEN 64

/* What the kernel keeps of a thread's name, with its NUL. */
#define COMM_LEN 16

/* Libraries open with this flag; what comes without it is on purpose. */
#define O_CLOEXEC 02000000

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

/* For each thread inside openat: where its file name is. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} names SEC(".maps");

SEC("tp/syscalls/sys_enter_openat")
int openat_begins(struct trace_event_raw_sys_enter *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)id;
	__u64 from = ctx->args[1];

	if (id >> 32 != target || ctx->args[2] & O_CLOEXEC)
		return 0;

	/* The page may not be there yet; the address is good until the end. */
	bpf_map_update_elem(&names, &tid, &from, BPF_ANY);
	return 0;
}

SEC("tp/syscalls/sys_exit_openat")
int openat_ends(struct trace_event_raw_sys_exit *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	char name[NAME_LEN], comm[COMM_LEN];
	__u64 *from;
	long len;

	from = bpf_map_lookup_elem(&names, &tid);
	if (!from)
		return 0;

	/* By now the kernel has read the name itself, so its page is there. */
	len = bpf_probe_read_user_str(name, sizeof(name), (const char *)*from);
	bpf_map_delete_elem(&names, &tid);
	if (len < 0) {
		bpf_printk("no name: %ld", len);
		return 0;
	}
	bpf_printk("openat %s = %ld", name, ctx->ret);

	bpf_get_current_comm(comm, sizeof(comm));
	bpf_printk("by thread %s", comm);

	/* A process is called what its first thread is called. */
	BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	bpf_printk("of process %s", comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
