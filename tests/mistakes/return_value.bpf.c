// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-return-value
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("cgroup_skb/egress")
int look(struct __sk_buff *skb)
{
	return 17; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
