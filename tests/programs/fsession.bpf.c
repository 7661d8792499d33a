// @kernels 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace fsession fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fsession/vfs_unlink")
int probe(void *ctx)
{
	bpf_printk("fsession fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
