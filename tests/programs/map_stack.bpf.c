// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map stacks .*vfs_unlink\+.*unlink
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 32 * sizeof(__u64));
} stacks SEC(".maps");

SEC("kprobe/vfs_unlink")
int look(struct pt_regs *ctx)
{
	bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
