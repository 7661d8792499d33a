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
	char text[LINE_LEN];
	long len;

	/* Ctrl-D on an empty line. */
	if (!line) {
		bpf_printk("end of input");
		return 0;
	}

	/* The line is in the memory of bash. */
	len = bpf_probe_read_user_str(text, sizeof(text), line);
	if (len < 0) {
		bpf_printk("a line that cannot be read: %ld", len);
		return 0;
	}

	/* Not by len: an empty string has 0 on some kernels, 1 on others. */
	if (!text[0])
		bpf_printk("an empty line");
	else
		bpf_printk("typed: %s", text);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
