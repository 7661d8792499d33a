// @kernels 5.10 6.1 6.12 7.x
// @stimulus cat /proc/sys/kernel/ostype
// @shows trace cgroup_sysctl fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("cgroup/sysctl")
int look(struct bpf_sysctl *ctx)
{
	bpf_printk("cgroup_sysctl fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
