// @kernels 6.1 6.12 7.x
// @stimulus sleep 0.3
// @shows attached iter/sockmap of sockets
// @shows attached sockets\[0\] is a socket on 127.0.0.1:7777
// @shows output socket 0 listens on port 7777
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

SEC("sk_lookup")
int choose(struct bpf_sk_lookup *ctx)
{
	return SK_PASS;
}

SEC("sk_lookup")
int choose_again(struct bpf_sk_lookup *ctx)
{
	return SK_PASS;
}

SEC("iter/sockmap")
int list(struct bpf_iter__sockmap *ctx)
{
	__u32 *slot = ctx->key;
	struct sock *sk = ctx->sk;

	if (slot != NULL && sk != NULL)
		BPF_SEQ_PRINTF(ctx->meta->seq, "socket %u listens on port %u\n", *slot,
			       sk->__sk_common.skc_num);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
