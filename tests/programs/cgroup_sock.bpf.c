// @kernels 5.10 6.1 6.12 7.x
// @stimulus bash -c 'echo x >/dev/udp/127.0.0.1/9'
// @shows trace cgroup_sock fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("cgroup/sock_create")
int look(struct bpf_sock *ctx)
{
	bpf_printk("cgroup_sock fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
