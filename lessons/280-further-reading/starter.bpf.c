// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Runs when the system call getpriority returns to its caller. */
SEC("tp/syscalls/sys_exit_getpriority")
int answered(struct trace_event_raw_sys_exit *ctx)
{
	int ret = ctx->ret;

	bpf_printk("getpriority returned %d", ret);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
