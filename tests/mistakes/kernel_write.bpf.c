// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-kernel-write
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fentry/security_inode_unlink")
int BPF_PROG(look, struct inode *dir, struct dentry *dentry)
{
	dir->i_uid.val = 0; /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
