// @kernels 5.10 6.1 6.12 7.x
// @finds verifier-member-bounds
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("lsm/socket_connect")
int BPF_PROG(look, struct socket *sock, struct sockaddr *address, int length)
{
	__u32 family_and_port = *(volatile __u32 *)address; /* HERE */

	return family_and_port == 1 ? -1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
