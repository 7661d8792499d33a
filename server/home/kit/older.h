/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What libbpf's bpf_tracing.h has had since 1.2, for Debian 12, which has 1.1.
 * Written as there, so that saying it twice is no fault.
 */
/* clang-format off */
#define BPF_UPROBE(name, args...)  BPF_KPROBE(name, ##args)
#define BPF_URETPROBE(name, args...)  BPF_KRETPROBE(name, ##args)
