// @kernels 6.12
// @finds no-such-function
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("uprobe.multi//usr/bin/bash:readlyne*") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
