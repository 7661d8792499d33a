// @kernels 5.10 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows output task bpflab-worker 1
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/task")
int list(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	if (task != NULL)
		BPF_SEQ_PRINTF(seq, "task %s %d\n", task->comm, task->pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
