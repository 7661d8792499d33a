// @kernels 5.10 6.1 6.12 7.x
// @stimulus for n in 1 2 3; do lab-do connect tcp 127.0.0.1:81; done; true
// @shows output tcp 127.0.0.1:81: EPERM
// @shows runs ^refuse 3 [1-9][0-9]*$
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("cgroup/connect4")
int refuse(struct bpf_sock_addr *ctx)
{
	return ctx->user_port != __builtin_bswap16(81);
}

char LICENSE[] SEC("license") = "GPL";
