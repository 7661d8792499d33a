// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @attach begin=kprobe:vfs_unlink
// @attach end=kretprobe:vfs_unlink
// @attach other=kprobe:sys_unlinkat
// @shows trace kprobe_given begins
// @shows trace kprobe_given ends
// @shows trace kprobe_given calls
// @shows attached ^kretprobe/vfs_unlink$
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Their own loader names the functions. */
SEC("kprobe")
int begin(struct pt_regs *ctx)
{
	bpf_printk("kprobe_given begins");
	return 0;
}

SEC("kretprobe")
int end(struct pt_regs *ctx)
{
	bpf_printk("kprobe_given ends");
	return 0;
}

/* One that its section names stands back. */
SEC("kprobe/there_is_no_such_function")
int other(struct pt_regs *ctx)
{
	bpf_printk("kprobe_given calls");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
