// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-leak
// A pointer may be stored by whoever may load programs as the lab does; returned it may not be.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("cgroup_skb/egress")
int look(struct __sk_buff *skb)
{
	return (long)skb; /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
