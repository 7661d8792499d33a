// @kernels 5.10 6.1 6.12 7.x
// @stimulus sleep 0.1
// @attach broken=none
// @attach nowhere=none
// @shows trace still here
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* No kernel takes this one. */
SEC("tracepoint/syscalls/sys_enter_execve")
int broken(void *ctx)
{
	return *(int *)bpf_get_current_pid_tgid();
}

/* Nor has any such a function. */
SEC("kprobe/there_is_no_such_function")
int nowhere(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_execve")
int whole(void *ctx)
{
	bpf_printk("still here");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
