// @kernels 5.10 6.1 6.12 7.x
// @stimulus python3 -c 'import socket, time; a = socket.create_server(("127.0.0.1", 8000)); b = socket.create_connection(("127.0.0.1", 8000)); c = a.accept()[0]; b.sendall(b"hello"); c.settimeout(3); print(c.recv(9)); time.sleep(0.5)'
// @shows trace sk_msg of 5 bytes
// @shows map ^sockets .*"value":"[1-9][0-9]*"
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

SEC("sk_msg")
int look(struct sk_msg_md *ctx)
{
	bpf_printk("sk_msg of %u bytes", ctx->size);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
