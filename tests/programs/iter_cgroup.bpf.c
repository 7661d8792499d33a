// @kernels 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows attached iter/cgroup: all, from the root
// @shows output cgroup 1 at level 0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/cgroup")
int list(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *group = ctx->cgroup;

	if (group != NULL)
		BPF_SEQ_PRINTF(ctx->meta->seq, "cgroup %llu at level %d\n", group->kn->id, group->level);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
