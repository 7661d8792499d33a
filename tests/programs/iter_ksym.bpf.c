// @kernels 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows output symbol vfs_unlink
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/ksym")
int list(struct bpf_iter__ksym *ctx)
{
	struct kallsym_iter *symbol = ctx->ksym;
	char name[11];

	if (symbol == NULL)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), symbol->name);
	if (bpf_strncmp(name, sizeof(name), "vfs_unlink") == 0)
		BPF_SEQ_PRINTF(ctx->meta->seq, "symbol %s\n", symbol->name);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
