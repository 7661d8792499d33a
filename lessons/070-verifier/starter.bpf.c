// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800

/* The process whose calls count. */
const volatile __u32 target = 0;

static __always_inline bool is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

/* 1: how often which process was asked about. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} asked SEC(".maps");

SEC("tp/syscalls/sys_enter_getpgid")
int count_asked(struct trace_event_raw_sys_enter *ctx)
{
	__u32 pid = ctx->args[0];
	__u64 *count;

	if (!is_target())
		return 0;

	count = bpf_map_lookup_elem(&asked, &pid);
	(*count)++;
	return 0;
}

/* 2: how many digits the last number had. User space may look at any time. */
volatile __u32 left = 0, digits = 0;

SEC("tp/syscalls/sys_enter_getsid")
int count_digits(struct trace_event_raw_sys_enter *ctx)
{
	if (!is_target())
		return 0;

	left = ctx->args[0];
	digits = 0;
	while (left) {
		left /= 10;
		digits++;
	}
	return 0;
}

/* 3: how many names begin with a slash. */
__u32 absolute = 0;

SEC("tp/syscalls/sys_enter_rmdir")
int count_absolute(struct trace_event_raw_sys_enter *ctx)
{
	const char *name = (const char *)ctx->args[0];

	if (is_target() && name[0] == '/')
		absolute++;
	return 0;
}

/* 4: a note of each question. */
struct note {
	__u64 which;
	__u64 who;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} notes SEC(".maps");

SEC("tp/syscalls/sys_enter_getpriority")
int send_note(struct trace_event_raw_sys_enter *ctx)
{
	struct note note;

	if (!is_target())
		return 0;

	note.who = ctx->args[1];
	bpf_ringbuf_output(&notes, &note, sizeof(note), 0);
	return 0;
}

/* 5: a record for each mask. */
struct event {
	__u32 pid;
	__u32 mask;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tp/syscalls/sys_enter_umask")
int send_mask(struct trace_event_raw_sys_enter *ctx)
{
	struct event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	if (!is_target())
		return 0;

	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->mask = ctx->args[0];
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* 6: how many answers to a ping have come in. */
__u32 answers = 0;

SEC("xdp")
int count_answers(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_ICMP)
		return XDP_PASS;

	__sync_fetch_and_add(&answers, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
