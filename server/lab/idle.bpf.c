// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is loaded where only a terminal is wanted: it does nothing. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("socket")
int idle(struct __sk_buff *packet)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
