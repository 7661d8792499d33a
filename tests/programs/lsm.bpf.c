// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace lsm fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("lsm/path_unlink")
int probe(void *ctx)
{
	bpf_printk("lsm fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
