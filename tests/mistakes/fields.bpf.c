// @kernels 5.10 6.1 6.12 7.x
// @finds reads-past-fields
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tp/syscalls/sys_enter_sync") /* HERE */
int look(struct trace_event_raw_sys_enter *ctx)
{
	return ctx->args[5] == 1;
}

char LICENSE[] SEC("license") = "GPL";
