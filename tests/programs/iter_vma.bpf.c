// @kernels 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows output area of bpflab-worker
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/task_vma")
int list(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;

	if (task != NULL && ctx->vma != NULL)
		BPF_SEQ_PRINTF(ctx->meta->seq, "area of %s\n", task->comm);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
