// @kernels 6.1
// @finds attach-full
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("lwt_xmit") /* HERE */
int one(struct __sk_buff *packet)
{
	return 0;
}

SEC("lwt_xmit")
int two(struct __sk_buff *packet)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
