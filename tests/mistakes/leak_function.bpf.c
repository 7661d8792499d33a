// @kernels 5.10 7.x
// @finds verifier-leak
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 last;

__noinline long where(struct __sk_buff *skb)
{
	asm volatile("" ::: "memory");
	return (long)skb; /* HERE */
}

SEC("tc")
int look(struct __sk_buff *skb)
{
	last = where(skb);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
