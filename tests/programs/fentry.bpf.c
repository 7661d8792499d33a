// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace fentry fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fentry/vfs_unlink")
int probe(void *ctx)
{
	bpf_printk("fentry fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
