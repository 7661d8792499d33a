// @kernels 7.x
// @stimulus cat /sys/kernel/sched_ext/state /sys/kernel/sched_ext/root/ops
// @shows attached ^struct_ops: struct sched_ext_ops$
// @shows output enabled
// @shows output bpf_lab
// @shows global enqueued [1-9]
// @shows global dispatched [1-9]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* The one queue: who comes first runs first, on whichever CPU is free. */
#define SHARED 0
#define ANY_NODE -1

s32 scx_bpf_create_dsq(u64 queue, s32 node) __ksym;
void scx_bpf_dsq_insert(struct task_struct *task, u64 queue, u64 slice, u64 flags) __ksym;
bool scx_bpf_dsq_move_to_local(u64 queue) __ksym;

__u64 enqueued, dispatched;

SEC("struct_ops.s/fifo_init")
s32 BPF_PROG(fifo_init)
{
	return scx_bpf_create_dsq(SHARED, ANY_NODE);
}

SEC("struct_ops/fifo_enqueue")
void BPF_PROG(fifo_enqueue, struct task_struct *task, u64 flags)
{
	__sync_fetch_and_add(&enqueued, 1);
	scx_bpf_dsq_insert(task, SHARED, SCX_SLICE_DFL, flags);
}

SEC("struct_ops/fifo_dispatch")
void BPF_PROG(fifo_dispatch, s32 cpu, struct task_struct *previous)
{
	if (scx_bpf_dsq_move_to_local(SHARED))
		__sync_fetch_and_add(&dispatched, 1);
}

SEC(".struct_ops.link")
struct sched_ext_ops fifo = {
	.init = (void *)fifo_init,
	.enqueue = (void *)fifo_enqueue,
	.dispatch = (void *)fifo_dispatch,
	.name = "bpf_lab",
};

char LICENSE[] SEC("license") = "GPL";
