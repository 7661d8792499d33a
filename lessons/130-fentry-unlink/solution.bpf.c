// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

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

	/* name->name is a plain load: the verifier knows what name points to.
	 */
	bpf_probe_read_kernel_str(text, sizeof(text), name->name);
	bpf_printk("unlink %s", text);
	return 0;
}

/* Numbers only: up to 6.12 the name has been given back by now. */
static __always_inline int ends(int dfd, int ret)
{
	if (is_target())
		bpf_printk("folder %d, returned %d", dfd, ret);
	return 0;
}

/* Up to 6.12 the function has this name ... */
SEC("?fentry/do_unlinkat")
int BPF_PROG(old_begins, int dfd, struct filename *name)
{
	return begins(name);
}

SEC("?fexit/do_unlinkat")
int BPF_PROG(old_ends, int dfd, struct filename *name, int ret)
{
	return ends(dfd, ret);
}

/* ... and on 7.x this one. */
SEC("?fentry/filename_unlinkat")
int BPF_PROG(new_begins, int dfd, struct filename *name)
{
	return begins(name);
}

SEC("?fexit/filename_unlinkat")
int BPF_PROG(new_ends, int dfd, struct filename *name, int ret)
{
	return ends(dfd, ret);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
