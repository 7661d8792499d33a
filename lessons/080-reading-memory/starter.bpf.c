// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Longer names are cut; the last byte is always the NUL. */
#define NAME_LEN 64

/* Libraries open with this flag; what comes without it is on purpose. */
#define O_CLOEXEC 02000000

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

/* For each thread inside openat: where its file name is. Not used yet. */
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
	const char *from = (const char *)ctx->args[1];
	char name[NAME_LEN];
	long len;

	if (id >> 32 != target || ctx->args[2] & O_CLOEXEC)
		return 0;

	len = bpf_probe_read_user_str(name, sizeof(name), from);
	bpf_printk("begins \"%s\", %ld", name, len);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
