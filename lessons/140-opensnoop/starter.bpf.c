// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The process to watch; 0 watches every process. */
const volatile __u32 target = 0;

SEC("tp/syscalls/sys_enter_openat")
int snoop_openat(struct trace_event_raw_sys_enter *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	bpf_printk("openat by process %d", tgid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
