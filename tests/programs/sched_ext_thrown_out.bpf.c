// The kernel takes its tasks back from a scheduler that asks for what is not there.
// @kernels 7.x
// @stimulus for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; /bin/true & /bin/true; done; sleep 5
// @shows finding thrown-out .*runtime error.*0x7
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Nobody has made this queue. */
#define NO_QUEUE 7

void scx_bpf_dsq_insert(struct task_struct *task, u64 queue, u64 slice, u64 flags) __ksym;

__u64 enqueued;

SEC("struct_ops/lost_enqueue")
void BPF_PROG(lost_enqueue, struct task_struct *task, u64 flags)
{
	/* At first it does what it should, so that it is seen to decide. */
	__u64 queue = __sync_fetch_and_add(&enqueued, 1) < 10 ? SCX_DSQ_GLOBAL : NO_QUEUE;

	scx_bpf_dsq_insert(task, queue, SCX_SLICE_DFL, flags);
}

SEC(".struct_ops.link")
struct sched_ext_ops lost = {
	.enqueue = (void *)lost_enqueue,
	.name = "bpf_lost",
};

char LICENSE[] SEC("license") = "GPL";
