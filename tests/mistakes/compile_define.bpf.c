// @kernels 6.1
// @finds clang
// @note write #define ETH_P_IPV6 0x86DD
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tc")
int look(struct __sk_buff *skb)
{
	return skb->protocol == __builtin_bswap16(ETH_P_IPV6); /* HERE */
}

char LICENSE[] SEC("license") = "GPL";
