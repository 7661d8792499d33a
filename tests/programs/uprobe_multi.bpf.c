// @kernels 6.12 7.x
// @stimulus echo true | bash -i 2>/dev/null
// @attach bare=uprobe:/usr/bin/bash:read*ine
// @shows trace uprobe_multi fired
// @shows trace the bare one fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("uprobe.multi//usr/bin/bash:readline")
int probe(struct pt_regs *ctx)
{
	bpf_printk("uprobe_multi fired");
	return 0;
}

/* Its own loader says which functions. */
SEC("uprobe.multi")
int bare(struct pt_regs *ctx)
{
	bpf_printk("the bare one fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
