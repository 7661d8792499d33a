// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @show probe
// @shows code "given":\[\{"at":0.*"machine":\[\{"at":0.*"translated":\[\{"at":0
// @shows trace tracepoint fired
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp/syscalls/sys_enter_unlinkat")
int probe(void *ctx)
{
	bpf_printk("tracepoint fired");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
