// @kernels 6.1
// @finds extern-undefined
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern struct { int a; } kept; /* HERE */

SEC("tp/syscalls/sys_enter_execve")
int look(void *ctx)
{
	__u32 key = 1;

	return bpf_map_lookup_elem(&kept, &key) ? 1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
