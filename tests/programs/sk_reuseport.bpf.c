// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'exec 3<>/dev/tcp/127.0.0.1/7070; cat <&3'; bash -c 'exec 3<>/dev/tcp/127.0.0.1/7070; cat <&3'; true
// @shows output socket 1
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

SEC("sk_reuseport")
int second(struct sk_reuseport_md *ctx)
{
	__u32 one = 1;

	return bpf_sk_select_reuseport(ctx, &sockets, &one, 0) ? SK_DROP : SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
