// @kernels 6.1 6.12 7.x
// @stimulus true
// @test add=0300000004000000
// @shows tested "output":"0700000004000000"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct numbers {
	int first;
	int second;
};

SEC("syscall")
int add(struct numbers *numbers)
{
	numbers->first += numbers->second;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
