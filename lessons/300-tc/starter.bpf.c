// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* Macros are not in BTF, so vmlinux.h has none of these. */
#define TC_ACT_OK   0
#define TC_ACT_SHOT 2

/* What must not arrive: messages of this kind, for this port. */
const volatile __u16 port = 0;
const volatile __u32 unwanted = 0;

/* Asked about each packet that comes in. */
SEC("tc")
int look(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return TC_ACT_OK;

	bpf_printk("protocol %d, %d bytes", eth->h_proto, skb->len);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
