// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

SEC("tp/syscalls/sys_enter_write")
int hello_write(void *ctx)
{
	__u32 id = bpf_get_current_pid_tgid();

	if (id != target)
		return 0;

	bpf_printk("write by %d", id);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
