// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-argument
// @report The second argument (R2) to bpf_map_delete_elem does not satisfy the verifier contract
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct entry {
	__u64 count;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u32 key = 1;

	return bpf_map_delete_elem(&entries, (void *)(long)key); /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
