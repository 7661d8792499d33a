// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define MAX_SOCKETS 1024
#define NS_PER_US   1000

/* The kernel's numbers, with names that Records can show. */
enum tcp_state {
	ESTABLISHED = 1,
	SYN_SENT,
	SYN_RECV,
	FIN_WAIT1,
	FIN_WAIT2,
	TIME_WAIT,
	CLOSE,
	CLOSE_WAIT,
	LAST_ACK,
	LISTEN,
	CLOSING,
	NEW_SYN_RECV,
};

/* A socket went from one state to the next. */
struct event {
	__u64 us; /* how long it was in the old one; 0: nobody knows */
	__u32 sport;
	__u32 dport;
	enum tcp_state old;
	enum tcp_state new;
};

/* When each socket came into the state it is in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SOCKETS);
	__type(key, const void *);
	__type(value, __u64);
} since SEC(".maps");

/* The round-trip time to each port at the other end, in microseconds. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SOCKETS);
	__type(key, __u16);
	__type(value, __u32);
} rtts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

SEC("tp/sock/inet_sock_set_state")
int note_change(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct event event = {};

	event.sport = ctx->sport;
	event.dport = ctx->dport;
	event.old = ctx->oldstate;
	event.new = ctx->newstate;
	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	return 0;
}

SEC("kprobe/tcp_rcv_established")
int BPF_KPROBE(note_rtt, struct sock *sk)
{
	__u16 port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	__u32 srtt = BPF_CORE_READ((struct tcp_sock *)sk, srtt_us);

	bpf_map_update_elem(&rtts, &port, &srtt, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
