// @kernels 5.10 6.1 6.12 7.x
// @stimulus echo true | bash -i 2>/dev/null
// @attach probe=uprobe:/usr/bin/bash:readline
// @shows trace uprobe_given fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("uprobe")
int probe(struct pt_regs *ctx)
{
	bpf_printk("uprobe_given fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
