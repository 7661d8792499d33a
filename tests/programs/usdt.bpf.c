// @kernels 5.10 6.1 6.12 7.x
// @stimulus python3 -SE -c 'import colorsys'
// @shows trace usdt fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

SEC("usdt//usr/bin/python3:python:import__find__load__start")
int probe(struct pt_regs *ctx)
{
	bpf_printk("usdt fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
