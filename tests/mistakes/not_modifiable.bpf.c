// @kernels 5.10 7.x
// @finds verifier-not-modifiable
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("fmod_ret/vfs_unlink") /* HERE */
int look(void *ctx)
{
	return -1;
}

char LICENSE[] SEC("license") = "GPL";
