// @kernels 6.1 6.12 7.x
// @stimulus python3 -c 'import os, time; open("/tmp/a", "w"); os.unlink("/tmp/a"); time.sleep(2)'
// @shows map calls .*"key":"[0-9]+ python3","value":\{"count":1
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct seen {
	__u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct seen);
} calls SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(count, struct pt_regs *regs, long id)
{
	struct seen *seen;

	if (id != 87) /* unlink */
		return 0;
	seen = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (seen != NULL)
		seen->count++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
