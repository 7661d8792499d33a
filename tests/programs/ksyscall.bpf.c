// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace ksyscall fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("ksyscall/unlinkat")
int probe(struct pt_regs *ctx)
{
	bpf_printk("ksyscall fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
