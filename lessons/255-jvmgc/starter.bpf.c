// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Room for so many ways of passing arguments; the header takes 256. */
#define BPF_USDT_MAX_SPEC_CNT 8
#include <bpf/usdt.bpf.h>

#define LIBJVM "/usr/lib/jvm/java-21-openjdk-amd64/lib/server/libjvm.so"

/* Room for a name and a NUL. */
#define NAME_LEN 32

/* One collection, from beginning to end. */
struct collection {
	__u32 pid;
	__u32 full;
	char collector[NAME_LEN];
	__s64 freed; /* KiB */
	__u64 us;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} collections SEC(".maps");

/* A collection begins: all that is known is whether it is a full one. */
SEC("usdt/" LIBJVM ":hotspot:gc__begin")
int BPF_USDT(gc_begins, bool full)
{
	struct collection seen = {};

	seen.pid = bpf_get_current_pid_tgid() >> 32;
	seen.full = full;
	bpf_ringbuf_output(&collections, &seen, sizeof(seen), 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
