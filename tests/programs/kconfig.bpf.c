// @kernels 5.10 6.1 6.12 7.x
// @stimulus /bin/true
// @shows trace kconfig says 250 Hz, BPF is 2, nobody has this 0
// @shows global ^CONFIG_HZ 250$
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int CONFIG_HZ __kconfig;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig;
extern int CONFIG_THERE_IS_NO_SUCH_OPTION __kconfig __weak;

SEC("tracepoint/syscalls/sys_enter_execve")
int look(void *ctx)
{
	int is = CONFIG_BPF_SYSCALL == TRI_YES ? 2 : 0;

	bpf_printk("kconfig says %d Hz, BPF is %d, nobody has this %d", CONFIG_HZ, is,
		   CONFIG_THERE_IS_NO_SUCH_OPTION);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
