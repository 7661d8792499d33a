// @kernels 5.10 6.1 6.12 7.x
// @stimulus exec 7<>/tmp/kept; echo >/tmp/kept; sleep 7
// @shows map opens .*"key":"/tmp/kept (sh|bash|sleep)","value":\{"count":[12]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct seen {
	__u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct seen);
} opens SEC(".maps");

SEC("lsm/file_open")
int BPF_PROG(opened, struct file *file)
{
	struct seen *seen;

	seen = bpf_inode_storage_get(&opens, file->f_inode, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (seen != NULL)
		seen->count++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
