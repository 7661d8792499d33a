// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-not-a-pointer
// @report R1 is an integer scalar here, not a pointer to memory.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("kprobe/vfs_unlink")
int look(struct pt_regs *ctx)
{
	struct dentry *dentry = (void *)ctx->si; /* WAY */

	return dentry->d_flags; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
