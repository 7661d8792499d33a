// @kernels 5.10 6.1 6.12 7.x
// @stimulus true; id
// @shows trace tp_btf fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/sched_process_exec")
int probe(void *ctx)
{
	bpf_printk("tp_btf fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
