// @kernels 5.10 6.1 6.12 7.x
// @stimulus python3 -SE -c 'import _socket; a = _socket.socket(); a.bind(("127.0.0.1", 8002)); a.listen(); b = _socket.socket(); b.setsockopt(6, 13, b"bpf_lab"); b.connect(("127.0.0.1", 8002))'
// @shows attached ^struct_ops: struct tcp_congestion_ops$
// @shows trace struct_ops took a connection
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("struct_ops/lab_init")
void BPF_PROG(lab_init, struct sock *sk)
{
	bpf_printk("struct_ops took a connection");
}

SEC("struct_ops/lab_ssthresh")
__u32 BPF_PROG(lab_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("struct_ops/lab_undo")
__u32 BPF_PROG(lab_undo, struct sock *sk)
{
	return 2;
}

SEC("struct_ops/lab_avoid")
void BPF_PROG(lab_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC(".struct_ops")
struct tcp_congestion_ops lab = {
	.init = (void *)lab_init,
	.ssthresh = (void *)lab_ssthresh,
	.undo_cwnd = (void *)lab_undo,
	.cong_avoid = (void *)lab_avoid,
	.name = "bpf_lab",
};

char LICENSE[] SEC("license") = "GPL";
