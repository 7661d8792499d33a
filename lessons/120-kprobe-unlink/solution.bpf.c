// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* Longer names are cut; the last byte is always the NUL. */
#define NAME_LEN 64

/* The process to watch: set before load, fixed from then on. */
const volatile __u32 target = 0;

static __always_inline bool is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

static __always_inline int begins(struct filename *name)
{
	char text[NAME_LEN];

	if (!is_target())
		return 0;

	/* The kernel has copied the name from the process already. */
	bpf_probe_read_kernel_str(text, sizeof(text),
				  BPF_CORE_READ(name, name));
	bpf_printk("unlink %s", text);
	return 0;
}

/* int, though kernel 5.10 returns a long: no result needs more bits. */
static __always_inline int ends(int ret)
{
	if (is_target())
		bpf_printk("returned %d", ret);
	return 0;
}

/* Each kernel has one of the two functions; the other is left out. */
SEC("?kprobe/do_unlinkat")
int BPF_KPROBE(old_begins, int dfd, struct filename *name)
{
	return begins(name);
}

SEC("?kretprobe/do_unlinkat")
int BPF_KRETPROBE(old_ends, int ret)
{
	return ends(ret);
}

SEC("?kprobe/filename_unlinkat")
int BPF_KPROBE(new_begins, int dfd, struct filename *name)
{
	return begins(name);
}

SEC("?kretprobe/filename_unlinkat")
int BPF_KRETPROBE(new_ends, int ret)
{
	return ends(ret);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
