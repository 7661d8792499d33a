// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows global packets [1-9]
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 packets;

SEC("socket")
int count(struct __sk_buff *skb)
{
	packets++;
	return skb->len;
}

char LICENSE[] SEC("license") = "GPL";
