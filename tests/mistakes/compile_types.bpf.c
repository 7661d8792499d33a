// @kernels 6.1
// @finds clang
// @note The kernel's types come from
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return task->pid; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
