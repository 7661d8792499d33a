// @kernels 5.10 6.1 6.12 7.x
// @stimulus python3 -c 'import socket; socket.socket().getsockopt(1, 4)'
// @shows trace cgroup_getsockopt fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("cgroup/getsockopt")
int look(struct bpf_sockopt *ctx)
{
	bpf_printk("cgroup_getsockopt fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
