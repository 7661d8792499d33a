// @kernels 5.10 6.1 6.12 7.x
// @stimulus exec rm -f /tmp/nothing
// @entry watched[@stimulus]={"since": 1, "name": "rm"}
// @entry calls[0]=second
// @entry outer[1]=inner
// @entry inner[0]=77
// @entry groups[0]=cgroup
// @entry ports[3]=lo
// @shows trace rm: inner 77, under 1
// @shows map ports .*"key":3,"value":1[}]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* What its own loader would put into each: here nothing is set in the source. */
struct who {
	__u64 since;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct who);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} calls SEC(".maps");

struct numbers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct numbers);
} outer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int first(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (bpf_map_lookup_elem(&watched, &pid))
		bpf_tail_call(ctx, &calls, 0);
	return 0;
}

SEC("tp/syscalls/sys_enter_unlinkat")
int second(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, one = 1, zero = 0;
	struct who *who = bpf_map_lookup_elem(&watched, &pid);
	void *numbers = bpf_map_lookup_elem(&outer, &one);
	__u64 *number;

	if (!who || !numbers)
		return 0;
	number = bpf_map_lookup_elem(numbers, &zero);
	if (number)
		bpf_printk("%s: inner %llu, under %ld", who->name, *number, bpf_current_task_under_cgroup(&groups, 0));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
