// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-helper
// @report this program type does not allow the helper
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("socket")
int look(struct __sk_buff *skb)
{
	return bpf_get_stackid(skb, NULL, 0); /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
