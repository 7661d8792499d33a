// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace tail_call arrived
// @shows once tail_call
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int first(void *ctx);
int second(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} steps SEC(".maps") = {
	.values = {
		[1] = (void *)&second,
	},
};

SEC("tp/syscalls/sys_enter_unlinkat")
int second(void *ctx)
{
	bpf_printk("tail_call arrived");
	return 0;
}

SEC("tp/syscalls/sys_enter_unlinkat")
int first(void *ctx)
{
	bpf_tail_call(ctx, &steps, 1);
	bpf_printk("tail_call failed");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
