// @kernels 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'; sleep 0.2
// @entry ports[0]={"ifindex": "lab0", "bpf_prog": "leaves"}
// @shows trace xdp_devmap fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} ports SEC(".maps");

/* On lo it is generic XDP, which takes a map with such programs from 5.15 on. */
SEC("xdp")
int over(struct xdp_md *ctx)
{
	return bpf_redirect_map(&ports, 0, 0);
}

/* The map's entry names it; it is attached nowhere. */
SEC("xdp/devmap")
int leaves(struct xdp_md *ctx)
{
	bpf_printk("xdp_devmap fired");
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
