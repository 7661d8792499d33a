// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Longer names are cut; the last byte is always the NUL. */
#define NAME_LEN 64

/* The process to watch; 0 watches every process. */
const volatile __u32 target = 0;

SEC("tp/syscalls/sys_enter_openat")
int snoop_openat(struct trace_event_raw_sys_enter *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	const char *from = (const char *)ctx->args[1];
	char name[NAME_LEN];
	long len;

	if (target && tgid != target)
		return 0;

	len = bpf_probe_read_user_str(name, sizeof(name), from);
	if (len < 0) {
		bpf_printk("openat of a name that cannot be read: %ld", len);
		return 0;
	}

	bpf_printk("openat %s, %ld bytes", name, len);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
