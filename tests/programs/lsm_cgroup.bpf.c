// @kernels 6.1 6.12 7.x
// @stimulus python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 8001))'
// @shows output PermissionError
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("lsm_cgroup/socket_bind")
int BPF_PROG(refuse, struct socket *sock, struct sockaddr *address, int length)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
