// @kernels 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace put in: 0, never put in: -2
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__type(value, __u64);
} seen SEC(".maps");

/* Not on the stack: 7.3 takes what bpf_map_peek_elem reads there for never read. */
static __u64 known = 7, unknown = 1234567;

SEC("tp/syscalls/sys_enter_unlinkat")
int ask(void *ctx)
{
	bpf_map_push_elem(&seen, &known, BPF_ANY);
	bpf_printk("put in: %d, never put in: %d",
		   (int)bpf_map_peek_elem(&seen, &known), (int)bpf_map_peek_elem(&seen, &unknown));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
