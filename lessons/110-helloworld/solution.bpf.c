// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

SEC("tp/syscalls/sys_enter_write")
int hello_write(void *ctx)
{
	__u64 both = bpf_get_current_pid_tgid();
	__u32 tgid = both >> 32; /* user space: process id */
	__u32 tid = (__u32)both; /* user space: thread id */

	if (tgid != target)
		return 0;

	bpf_printk("write by process %d, thread %d", tgid, tid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
