// @kernels 5.10 6.1 6.12 7.x
// @finds no-such-file
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

SEC("uretprobe//usr/bin/bush:readline") /* HERE */
int probe(struct pt_regs *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
