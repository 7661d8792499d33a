// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-read-only
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

const volatile int limit = 3;

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	*(volatile int *)&limit = 4; /* HERE */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
