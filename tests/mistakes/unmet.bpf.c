// @kernels 5.10 6.1
// @finds unmet-feature
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tcx/ingress") /* HERE */
int look(struct __sk_buff *skb)
{
	return TCX_PASS;
}

char LICENSE[] SEC("license") = "GPL";
