// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-unbounded
// @report The scalar offset used with R7 is unbounded
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[64]);
} rooms SEC(".maps");

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u32 key = 0;
	char *room = bpf_map_lookup_elem(&rooms, &key);
	__u64 index = bpf_ktime_get_ns(); /* WAY */
	volatile __u64 kept = index; /* WAY */

	if (room == NULL)
		return 0;
	index = kept; /* WAY */
	asm volatile("%0 *= 3" : "+r"(index)); /* WAY */
	return room[index]; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
