// @kernels 5.10 6.1 6.12 7.x
// @stimulus true; id
// @shows trace raw_tp fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("raw_tp/sched_process_exec")
int probe(void *ctx)
{
	bpf_printk("raw_tp fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
