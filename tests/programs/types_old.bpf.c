// One object for two builds of a program whose struct differs: here the older.
// @kernels 5.10 6.1 6.12 7.x
// @stimulus lab-shape-old 25 4
// @shows trace ^area 25 sides 4$
// @shows output measured 100
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* As this program knows it; where the fields are, the program says that is observed. */
struct shape {
	long area;
	int sides;
} __attribute__((preserve_access_index));

SEC("uprobe//usr/local/bin/lab-shape-old:measure")
int BPF_UPROBE(look, struct shape *shape)
{
	__s64 area = 0, sides = 0;

	/* An int in the one build, a long or a short in the other. */
	bpf_core_read_user(&area, bpf_core_field_size(shape->area), &shape->area);
	bpf_core_read_user(&sides, bpf_core_field_size(shape->sides), &shape->sides);
	bpf_printk("area %lld sides %lld", area, sides);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
