// @kernels 5.10 6.1 6.12 7.x
// @finds legacy-maps
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct bpf_map_def {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
};

struct bpf_map_def SEC("maps") counts = { /* HERE */
	.type = BPF_MAP_TYPE_HASH,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 16,
};

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&counts, &key) != NULL;
}

char LICENSE[] SEC("license") = "GPL";
