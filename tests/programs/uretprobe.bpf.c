// @kernels 5.10 6.1 6.12 7.x
// @stimulus echo true | bash -i 2>/dev/null
// @shows trace uretprobe fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("uretprobe//usr/bin/bash:readline")
int probe(struct pt_regs *ctx)
{
	bpf_printk("uretprobe fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
