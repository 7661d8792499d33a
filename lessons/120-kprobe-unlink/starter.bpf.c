// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

static __always_inline bool is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

/* Runs when the kernel's function is entered. */
SEC("kprobe/do_unlinkat")
int BPF_KPROBE(unlink_begins, int dfd, struct filename *name)
{
	if (!is_target())
		return 0;

	bpf_printk("unlink begins");
	return 0;
}

/* Runs when the function returns. */
SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(unlink_ends, long ret)
{
	if (!is_target())
		return 0;

	bpf_printk("returned %ld", ret);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
