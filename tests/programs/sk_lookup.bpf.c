// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'exec 3<>/dev/tcp/127.0.0.1/4242; cat <&3'
// @shows output looked up
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} target SEC(".maps");

SEC("sk_lookup")
int redirect(struct bpf_sk_lookup *ctx)
{
	struct bpf_sock *sk;
	__u32 zero = 0;
	int err;

	if (ctx->local_port != 4242)
		return SK_PASS;
	sk = bpf_map_lookup_elem(&target, &zero);
	if (sk == NULL)
		return SK_PASS;
	err = bpf_sk_assign(ctx, sk, 0);
	bpf_sk_release(sk);
	return err ? SK_DROP : SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
