// @kernels 5.10 7.x
// @finds reads-past-arguments
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sched_process_exit") /* HERE */
int look(struct pt_regs *registers)
{
	return registers->bx == 7;
}

char LICENSE[] SEC("license") = "GPL";
