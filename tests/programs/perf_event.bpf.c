// @kernels 5.10 6.1 6.12 7.x
// @stimulus i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done
// @shows trace perf_event fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("perf_event")
int probe(void *ctx)
{
	bpf_printk("perf_event fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
