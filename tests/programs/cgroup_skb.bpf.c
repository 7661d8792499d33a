// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows trace cgroup_skb fired
// @shows stats ^look pass
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("cgroup_skb/egress")
int look(struct __sk_buff *ctx)
{
	bpf_printk("cgroup_skb fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
