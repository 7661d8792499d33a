// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The kernel answers 40 to 1 for -20 to 19, since less than 0 is an error. */
#define OFFSET 20

/* Runs when the system call getpriority returns to its caller. */
SEC("tp/syscalls/sys_exit_getpriority")
int answered(struct trace_event_raw_sys_exit *ctx)
{
	int ret = ctx->ret;

	if (ret < 0)
		bpf_printk("error %d", ret);
	else
		bpf_printk("nice %d", OFFSET - ret);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
