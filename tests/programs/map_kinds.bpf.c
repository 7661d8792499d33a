// @kernels 5.10 6.1 6.12 7.x
// @stimulus exec rm -f /tmp/nothing
// @entry cpus[1]=192
// @entry outer[1]=inner
// @entry calls[1]=besides
// @shows map ^lru .*"key":7,"value":"11"
// @shows map ^each_lru .*"key":7,"value":\[.*"12"
// @shows map ^cpus .*"key":1,"value":192[}]
// @shows map ^outer .*"key":1,"value":"map [0-9]+ inner"
// @shows map ^calls .*"key":1,"value":"program [0-9]+ besides"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} lru SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} each_lru SEC(".maps");

/* As many packets as wait for a processor. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} cpus SEC(".maps");

struct numbers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} inner SEC(".maps");

/* Of maps and programs the kernel gives the number, and the lab the name. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct numbers);
} outer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} calls SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int look(void *ctx)
{
	__u32 key = 7;
	__u64 eleven = 11, twelve = 12;

	bpf_map_update_elem(&lru, &key, &eleven, BPF_ANY);
	bpf_map_update_elem(&each_lru, &key, &twelve, BPF_ANY);
	return 0;
}

SEC("tp/syscalls/sys_enter_unlinkat")
int besides(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
