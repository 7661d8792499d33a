// @kernels 6.1 6.12 7.x
// @stimulus true
// @shows finding format-refused bpf_printk in look prints nothing here: this kernel does not take "%f" in "took %d %d %d %f"
// @lacks fired-silent
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_exit_group")
int look(void *ctx)
{
	bpf_printk("took %d %d %d %f", 1, 2, 3, 4);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
