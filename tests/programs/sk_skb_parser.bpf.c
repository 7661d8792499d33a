// @kernels 5.10 6.1 6.12 7.x
// @stimulus python3 -c 'import socket; a = socket.create_server(("127.0.0.1", 8000)); b = socket.create_connection(("127.0.0.1", 8000)); c = a.accept()[0]; b.sendall(b"hello"); c.settimeout(3); print(c.recv(9))'
// @shows trace sk_skb of 5 bytes
// @shows trace parsed 5 bytes
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} sockets SEC(".maps");

SEC("sockops")
int collect(struct bpf_sock_ops *ctx)
{
	__u64 key = (__u64)ctx->local_port << 32 | ctx->remote_port;

	if (ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB || ctx->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		bpf_sock_hash_update(ctx, &sockets, &key, BPF_ANY);
	return 1;
}

SEC("sk_skb/stream_parser")
int parse(struct __sk_buff *ctx)
{
	bpf_printk("parsed %u bytes", ctx->len);
	return ctx->len;
}

SEC("sk_skb/stream_verdict")
int look(struct __sk_buff *ctx)
{
	bpf_printk("sk_skb of %u bytes", ctx->len);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
