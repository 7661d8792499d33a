// @kernels 6.12 7.x
// @stimulus python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/tmp/nothing")'
// @shows output PermissionError
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("cgroup/connect_unix")
int refuse(struct bpf_sock_addr *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
