// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Longer lines are cut; the last byte is always the NUL. */
#define LINE_LEN 128

/* Runs in every bash, when its function readline() returns. */
SEC("uretprobe//bin/bash:readline")
int BPF_URETPROBE(line_read, const char *line)
{
	bpf_printk("readline returned %lx", line);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
