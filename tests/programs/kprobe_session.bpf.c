// @kernels 6.12
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace on the way in
// @shows trace on the way out
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern bool bpf_session_is_return(void) __ksym __weak;

SEC("kprobe.session/vfs_unlink")
int both(struct pt_regs *ctx)
{
	bpf_printk("on the way %s", bpf_session_is_return() ? "out" : "in");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
