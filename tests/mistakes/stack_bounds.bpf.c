// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-stack-bounds
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	char small[8];

	bpf_get_current_comm(small, 16); /* HERE */
	return small[0];
}

char LICENSE[] SEC("license") = "GPL";
