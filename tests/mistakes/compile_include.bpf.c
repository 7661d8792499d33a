// @kernels 6.1
// @finds -Wimplicit-int
// @note BPF_KPROBE is a macro of #include <bpf/bpf_tracing.h
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_nanosleep")
int BPF_KPROBE(look) /* HERE */
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
