// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-endless
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

SEC("tp/syscalls/sys_enter_write")
int spin(void *ctx)
{
	volatile int going = 1;

	while (going) /* HERE */
		;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
