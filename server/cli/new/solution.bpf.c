// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_unlinkat")
int removed(struct trace_event_raw_sys_enter *ctx)
{
	char name[64];

	bpf_probe_read_user_str(name, sizeof(name), (void *)ctx->args[1]);
	bpf_printk("removed %s", name);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
