// @kernels 6.12
// @finds no-such-hook
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("kprobe.multi/vfs_unlinkk*") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
