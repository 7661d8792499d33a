// @kernels 5.10 6.1 6.12 7.x
// @stimulus true
// @shows finding format-refused bpf_printk in look prints nothing here: this kernel does not take "%f" in "took %f"
// @shows trace ^fine: 1$
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_exit_group")
int look(void *ctx)
{
	bpf_printk("took %f", 1);
	bpf_printk("fine: %d", 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
