// @kernels 6.1
// @finds -Wimplicit-function-declaration
// @note no printf(): use bpf_printk()
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	printf("written"); /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
