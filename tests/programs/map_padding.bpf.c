// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map padded .*\(padding\)
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Three bytes of padding after kind: two keys that look alike. */
struct which {
	__u32 id;
	__u8 kind;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, struct which);
	__type(value, __u32);
} padded SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int probe(void *ctx)
{
	struct which which;
	__u32 one = 1;

	__builtin_memset(&which, 0, sizeof(which));
	which.id = 7;
	which.kind = 1;
	bpf_map_update_elem(&padded, &which, &one, BPF_ANY);
	__builtin_memset(&which, 0xff, sizeof(which));
	which.id = 7;
	which.kind = 1;
	bpf_map_update_elem(&padded, &which, &one, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
