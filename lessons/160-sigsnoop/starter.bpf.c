// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Calls at one time. Few, so that what is forgotten in here shows. */
#define MAX_CALLS 8

struct kill_call {
	int target;
	int signal;
};

/* Calls of kill() that have begun and not ended, by thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CALLS);
	__type(key, __u32);
	__type(value, struct kill_call);
} calls SEC(".maps");

SEC("tp/syscalls/sys_enter_kill")
int kill_begins(struct trace_event_raw_sys_enter *ctx)
{
	int target = ctx->args[0];
	int signal = ctx->args[1];

	bpf_printk("kill(%d, %d)", target, signal);
	return 0;
}

SEC("tp/syscalls/sys_exit_kill")
int kill_ends(struct trace_event_raw_sys_exit *ctx)
{
	bpf_printk("= %ld", ctx->ret);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
