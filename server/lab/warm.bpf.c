// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each clone loads before it waits, so that the loader's and the verifier's
 * code is translated when a learner's program comes. Small, since it costs a
 * waiting guest 9 MiB; with CO-RE it would cost one more, and a CO-RE load
 * take 30 ms less. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 execs;

SEC("tracepoint/syscalls/sys_enter_execve")
int on_exec(void *ctx)
{
	execs++;
	bpf_printk("an exec");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
