// @kernels 6.1 6.12 7.x
// @stimulus true
// @shows attached one call, which returned 42
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("syscall")
int answer(void *ctx)
{
	return 42;
}

char LICENSE[] SEC("license") = "GPL";
