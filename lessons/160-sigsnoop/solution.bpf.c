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
	/* The lower half: two threads of one process may call at one time. */
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct kill_call call = {
		.target = ctx->args[0],
		.signal = ctx->args[1],
	};

	int err;

	err = bpf_map_update_elem(&calls, &tid, &call, BPF_ANY);
	if (err)
		bpf_printk("no room: %d", err);
	return 0;
}

SEC("tp/syscalls/sys_exit_kill")
int kill_ends(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct kill_call *call;

	/* A call whose beginning was not seen has no entry. */
	call = bpf_map_lookup_elem(&calls, &tid);
	if (!call)
		return 0;

	bpf_printk("kill(%d, %d) = %ld", call->target, call->signal, ctx->ret);
	bpf_map_delete_elem(&calls, &tid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
