// @kernels 7.x
// @finds verifier-no-code
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("fentry/finish_task_switch") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
