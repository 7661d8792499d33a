// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_unlinkat")
int removed(struct trace_event_raw_sys_enter *ctx)
{
	bpf_printk("removed");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
