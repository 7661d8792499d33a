// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define NAME_LEN 32

/* What the names of the scratch disk's handlers begin with. */
#define DISK "virtio1-"

struct span {
	__u64 count;
	__u64 total_ns;
};

/* When that which runs on this processor began, by kind. */
enum kind { HARD, SOFT, KINDS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KINDS);
	__type(key, __u32);
	__type(value, __u64);
} began SEC(".maps");

/* By name of the handler, all processors together. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, char[NAME_LEN]);
	__type(value, struct span);
} handlers SEC(".maps");

/* The scratch disk's interrupts, each processor for itself. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} disk SEC(".maps");

/* By number of the softirq, each processor for itself. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SOFTIRQS);
	__type(key, __u32);
	__type(value, struct span);
} softirqs SEC(".maps");

/* What a new entry begins with. */
static const struct span empty = {};

static __always_inline void begin(__u32 kind)
{
	__u64 *since = bpf_map_lookup_elem(&began, &kind);

	if (since)
		*since = bpf_ktime_get_ns();
}

/* How long it took; 0 if it began before this program was attached. */
static __always_inline __u64 end(__u32 kind)
{
	__u64 *since = bpf_map_lookup_elem(&began, &kind);
	__u64 took;

	if (!since || !*since)
		return 0;
	took = bpf_ktime_get_ns() - *since;
	*since = 0;
	return took;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(hard_begins, int irq, struct irqaction *action)
{
	char name[NAME_LEN] = {};
	__u32 only = 0;
	__u64 *count;

	bpf_probe_read_kernel_str(name, sizeof(name), action->name);
	if (__builtin_memcmp(name, DISK, sizeof(DISK) - 1) == 0) {
		bpf_printk("interrupt %d: %s", irq, name);

		/* No atomic addition: nobody else comes to this one. */
		count = bpf_map_lookup_elem(&disk, &only);
		if (count)
			*count += 1;
	}

	begin(HARD);
	return 0;
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(hard_ends, int irq, struct irqaction *action)
{
	__u64 took = end(HARD);
	char name[NAME_LEN] = {};
	struct span *span;

	if (!took)
		return 0;

	bpf_probe_read_kernel_str(name, sizeof(name), action->name);
	bpf_map_update_elem(&handlers, name, &empty, BPF_NOEXIST);
	span = bpf_map_lookup_elem(&handlers, name);
	if (!span)
		return 0;

	/* Another processor may be at the same entry. */
	__sync_fetch_and_add(&span->count, 1);
	__sync_fetch_and_add(&span->total_ns, took);
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(soft_begins, unsigned int number)
{
	begin(SOFT);
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(soft_ends, unsigned int number)
{
	__u64 took = end(SOFT);
	struct span *span;

	if (!took)
		return 0;

	span = bpf_map_lookup_elem(&softirqs, &number);
	if (span) {
		span->count += 1;
		span->total_ns += took;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
