// @kernels 5.10 6.1 6.12 7.x
// @stimulus python3 -c 'import socket, time; a = socket.create_server(("127.0.0.1", 8000)); b = socket.create_connection(("127.0.0.1", 8000)); time.sleep(1.5)'
// @shows map opened .*"key":"socket:\[[0-9]+\] python3","value":"?7
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} opened SEC(".maps");

SEC("sockops")
int note(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	__u64 seven = 7;

	if (ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && sk != NULL)
		bpf_sk_storage_get(&opened, sk, &seven, BPF_SK_STORAGE_GET_F_CREATE);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
