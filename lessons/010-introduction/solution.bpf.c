// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Of so many, one is told. */
#define EVERY 10

/* How often somebody asked. User space can read it. */
__u64 links = 0;

/* Runs whenever a process asks the kernel for a symbolic link. */
SEC("tp/syscalls/sys_enter_symlinkat")
int count_links(void *ctx)
{
	links++;
	if (links % EVERY == 0)
		bpf_printk("link %llu", links);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
