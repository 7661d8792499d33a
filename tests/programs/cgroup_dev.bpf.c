// @kernels 5.10 6.1 6.12 7.x
// @stimulus head -c 1 /dev/zero
// @shows trace cgroup_dev fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("cgroup/dev")
int look(struct bpf_cgroup_dev_ctx *ctx)
{
	bpf_printk("cgroup_dev fired");
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
