// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-context
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("socket")
int look(struct __sk_buff *skb)
{
	*(volatile __u32 *)&skb->len = 1; /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
