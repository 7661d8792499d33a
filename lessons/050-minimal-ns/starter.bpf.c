// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The inodes of namespaces have numbers from here on. */
#define FIRST_INODE 0xf0000000

/* The process to count, by the number that it has for itself. */
int my_pid = 0;

/* Its pid namespace: what stat() says of /proc/self/ns/pid in there. */
__u64 ns_dev = 0;
__u64 ns_ino = 0;

/* How often that process wrote. */
__u64 writes = 0;

/* The letterbox: from inside, the stimulus calls fallocate with the two. */
SEC("tp/syscalls/sys_enter_fallocate")
int letterbox(struct trace_event_raw_sys_enter *ctx)
{
	__u64 offset = ctx->args[2], len = ctx->args[3];

	if (len < FIRST_INODE)
		return 0;

	ns_dev = offset;
	ns_ino = len;
	bpf_printk("namespace: device %llu, inode %llu", ns_dev, ns_ino);
	return 0;
}

SEC("tp/syscalls/sys_enter_write")
int count_writes(void *ctx)
{
	int pid = bpf_get_current_pid_tgid() >> 32;

	if (pid != my_pid)
		return 0;

	writes++;
	bpf_printk("write %llu of process %d", writes, pid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
