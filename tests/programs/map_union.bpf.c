// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map seen .*"high":66,"kind":2,"low":65,"number":4325441,"text":"A"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Four bytes that are a number, two numbers, or letters. */
struct seen {
	__u32 kind;
	union {
		__u32 number;
		struct {
			__u16 low;
			__u16 high;
		};
		char text[4];
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct seen);
} seen SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int look(void *ctx)
{
	struct seen one = { .kind = 2, .number = 0x00420041 };
	__u32 key = 1;

	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
