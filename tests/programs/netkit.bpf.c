// @kernels 6.12 7.x
// @stimulus ping -c 3 -W 1 10.14.0.2 | tail -2
// @shows trace there: 98 bytes
// @shows trace back: 98 bytes
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("netkit/primary")
int there(struct __sk_buff *ctx)
{
	bpf_printk("there: %d bytes", ctx->len);
	return NETKIT_PASS;
}

SEC("netkit/peer")
int back(struct __sk_buff *ctx)
{
	bpf_printk("back: %d bytes", ctx->len);
	return NETKIT_PASS;
}

char LICENSE[] SEC("license") = "GPL";
