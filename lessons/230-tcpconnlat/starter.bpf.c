// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define COMM_LEN  16
#define NS_PER_US 1000

/* One connection that was answered. */
struct event {
	__u64 us;
	__u32 pid;
	__u32 port;
	char comm[COMM_LEN];
};

/* What is known when a connection begins. */
struct start {
	__u64 ns;
};

/* Connections under way. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct sock *);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(begins, struct sock *sk)
{
	struct start start = {};

	start.ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&starts, &sk, &start, BPF_ANY);
	return 0;
}

SEC("kprobe/tcp_rcv_state_process")
int BPF_KPROBE(answered, struct sock *sk)
{
	struct start *start = bpf_map_lookup_elem(&starts, &sk);
	struct event event = {};

	if (!start)
		return 0;

	event.us = (bpf_ktime_get_ns() - start->ns) / NS_PER_US;
	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event,
			      sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
