// @kernels 5.10 6.1 6.12 7.x
// @stimulus sleep 1
// @shows finding only-the-lab
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* While it runs, the worker that reads its maps is the only one to call bpf(). */
SEC("tp/syscalls/sys_enter_bpf")
int look(void *ctx)
{
	bpf_printk("bpf() was called");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
