// @kernels 5.10 6.1 6.12 7.x
// @stimulus ping -c 1 127.0.0.1 >/dev/null
// @shows attached this network namespace
// @shows trace flow_dissector saw protocol 800
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
