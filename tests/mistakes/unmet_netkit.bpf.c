// @kernels 5.10 6.1
// @finds unmet-feature
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("netkit/primary") /* HERE */
int look(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
