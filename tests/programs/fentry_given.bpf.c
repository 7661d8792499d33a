// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @attach begin=fentry:vfs_unlink
// @attach end=fexit:vfs_unlink
// @attach maybe=fentry:there_is_no_such_function
// @attach tick=raw_tp:sched_process_exec
// @shows trace fentry_given begins
// @shows trace fentry_given ends
// @shows trace fentry_given sees
// @shows finding ^left-out maybe .*fentry/there_is_no_such_function
// @shows attached ^fexit/vfs_unlink$
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* What each is verified against its own loader says. */
SEC("fentry")
int begin(void *ctx)
{
	bpf_printk("fentry_given begins");
	return 0;
}

SEC("fexit/there_is_no_such_function")
int end(void *ctx)
{
	bpf_printk("fentry_given ends");
	return 0;
}

SEC("?fentry")
int maybe(void *ctx)
{
	return 0;
}

SEC("tp_btf")
int tick(void *ctx)
{
	bpf_printk("fentry_given sees");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
