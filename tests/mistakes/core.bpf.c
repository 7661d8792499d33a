// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-core
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct task_struct___none {
	int there_is_no_such_field;
} __attribute__((preserve_access_index));

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	struct task_struct___none *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, there_is_no_such_field); /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
