// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/keepme; rm /tmp/keepme; ls /tmp/keepme
// @shows output cannot remove '/tmp/keepme': Operation not permitted
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fmod_ret/security_inode_unlink")
int BPF_PROG(refuse, struct inode *dir, struct dentry *dentry, int before)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), dentry->d_name.name);
	return __builtin_memcmp(name, "keepme", 6) == 0 ? -1 : before;
}

char LICENSE[] SEC("license") = "GPL";
