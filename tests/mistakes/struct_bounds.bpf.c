// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-struct-bounds
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("tp_btf/sched_switch")
int BPF_PROG(look, bool preempt, struct task_struct *prev)
{
	return *(volatile int *)((char *)prev + 1000000); /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
