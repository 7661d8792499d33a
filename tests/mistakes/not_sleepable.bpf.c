// @kernels 5.10 6.12
// @finds verifier-not-sleepable
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("fentry.s/vfs_unlink") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
