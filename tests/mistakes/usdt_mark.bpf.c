// @kernels 5.10 6.1 6.12 7.x
// @finds no-such-mark
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

SEC("usdt//usr/bin/python3:python:gc__begin") /* HERE */
int probe(struct pt_regs *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
