// @kernels 5.10 7.x
// @finds struct-incomplete
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("struct_ops/undo")
__u32 BPF_PROG(undo, struct sock *sk)
{
	return 10;
}

SEC(".struct_ops")
struct tcp_congestion_ops half = { /* HERE */
	.undo_cwnd = (void *)undo,
	.name = "bpf_half",
};

char LICENSE[] SEC("license") = "GPL";
