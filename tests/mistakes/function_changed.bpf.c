// @kernels 6.1
// @finds function-changed
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("kprobe/finish_task_switch") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
