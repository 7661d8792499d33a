// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-uninitialised
// @report R3 is not readable here
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 last;

SEC("tp/syscalls/sys_enter_write")
int look(void *ctx)
{
	__u64 value;

	/* A compiler gives every register a value; a call takes those of R1 to R5. */
	asm volatile("r3 = 7; call %[now]; %[value] = r3" /* HERE */
		     : [value] "=r"(value)
		     : [now] "i"(5) /* bpf_ktime_get_ns() */
		     : "r0", "r1", "r2", "r3", "r4", "r5");
	last = value;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
