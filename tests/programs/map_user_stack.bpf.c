// @kernels 5.10 6.1 6.12 7.x
// @stimulus echo 'sleep 2' | bash -i 2>/dev/null
// @attach look=uprobe:/usr/bin/bash:readline
// @shows map stacks .*readline\+0x0 \[bash\]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 32 * sizeof(__u64));
} stacks SEC(".maps");

SEC("uprobe")
int look(struct pt_regs *ctx)
{
	bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
