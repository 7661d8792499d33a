// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows attached this network namespace
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("flow_dissector")
int dissect(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;

	bpf_printk("flow_dissector saw protocol %x", __builtin_bswap16(keys->n_proto));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
