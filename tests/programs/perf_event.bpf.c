// @kernels 5.10 6.1 6.12 7.x
// @stimulus i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done
// @shows trace perf_event fired
// @shows map ^ticks .*"value":\["[1-9][0-9]*","[1-9][0-9]*"\]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} ticks SEC(".maps");

SEC("perf_event")
int probe(void *ctx)
{
	__u32 zero = 0;
	__u64 *tick = bpf_map_lookup_elem(&ticks, &zero);

	if (tick)
		*tick += 1;
	bpf_printk("perf_event fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
