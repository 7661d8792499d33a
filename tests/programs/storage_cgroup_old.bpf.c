// @kernels 5.10 6.1 6.12 7.x
// @stimulus lab-do connect tcp 127.0.0.1:81; true
// @shows map packets .*"value":"?[1-9]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} packets SEC(".maps");

SEC("cgroup_skb/egress")
int count(struct __sk_buff *ctx)
{
	__u64 *value = bpf_get_local_storage(&packets, 0);

	__sync_fetch_and_add(value, 1);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
