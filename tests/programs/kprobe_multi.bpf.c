// @kernels 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace kprobe_multi fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe.multi/vfs_unl*")
int probe(struct pt_regs *ctx)
{
	bpf_printk("kprobe_multi fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
