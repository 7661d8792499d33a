// @kernels 5.10 7.x
// @stimulus /bin/true
// @attach look=tracepoint:sched/sched_process_exec
// @attach raw=raw_tp:sched_process_exec
// @shows trace tracepoint_given fired
// @shows trace raw_tp_given fired
// @shows attached ^tracepoint/sched/sched_process_exec$
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp")
int look(void *ctx)
{
	bpf_printk("tracepoint_given fired");
	return 0;
}

SEC("raw_tp")
int raw(void *ctx)
{
	bpf_printk("raw_tp_given fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
