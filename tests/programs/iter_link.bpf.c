// @kernels 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows output link [0-9]+
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/bpf_link")
int list(struct bpf_iter__bpf_link *ctx)
{
	struct bpf_link *link = ctx->link;

	if (link != NULL)
		BPF_SEQ_PRINTF(ctx->meta->seq, "link %d\n", link->id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
