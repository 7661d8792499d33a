// @kernels 6.1
// @finds clang
// @note give yours another name
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct path { /* HERE */
	char name[64];
};

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
