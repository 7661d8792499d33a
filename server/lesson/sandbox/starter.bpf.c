#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* How often each process opened a file. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} opened SEC(".maps");

/* SEC says what this is and where it goes. */
SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1, *count;

	count = bpf_map_lookup_elem(&opened, &pid);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&opened, &pid, &one, BPF_ANY);
	bpf_printk("%d opens a file", pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
