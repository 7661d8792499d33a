// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What every clone runs once before it waits: the way of a first program, so
 * that QEMU has translated it. Reads no kernel types, which would cost each
 * waiting guest the memory that they take. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_execve")
int on_exec(void *ctx)
{
	bpf_printk("exec by %d", bpf_get_current_pid_tgid() >> 32);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
