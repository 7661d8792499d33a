// @kernels 6.1
// @finds function-unlisted
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("kprobe/ring_buffer_lock_reserve") /* HERE */
int look(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
