// @kernels 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows trace a program starts: .*
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("lsm.s/bprm_committed_creds")
void BPF_PROG(look, struct linux_binprm *bprm)
{
	char name[8] = {};

	/* Only one that may sleep can have a page brought in for it. */
	bpf_copy_from_user(name, sizeof(name) - 1, (void *)bprm->p);
	bpf_printk("a program starts: %s", name);
}

char LICENSE[] SEC("license") = "GPL";
