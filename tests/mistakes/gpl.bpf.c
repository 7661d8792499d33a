// @kernels 5.10 6.1 6.12 7.x
// @finds gpl-only
// @report this helper is restricted to GPL-compatible programs
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	bpf_printk("hello"); /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "Proprietary";
