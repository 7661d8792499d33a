// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-reference
// @report Owned resource
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tp/syscalls/sys_enter_write")
int send(void *ctx)
{
	__u64 *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0); /* WAY */

	if (event == NULL)
		return 0;
	*event = 7;
	return 0;
} /* HERE */

char LICENSE[] SEC("license") = "GPL";
