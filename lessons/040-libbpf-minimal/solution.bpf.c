// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* User space writes this one, the program reads it. */
int my_pid = 0;

/* The program writes this one, user space reads it. */
__u64 writes = 0;

SEC("tp/syscalls/sys_enter_write")
int count_writes(void *ctx)
{
	int pid = bpf_get_current_pid_tgid() >> 32;

	if (pid != my_pid)
		return 0;

	/* Exact while the process has one thread: nobody else gets here. */
	writes++;
	bpf_printk("write %llu of process %d", writes, pid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
