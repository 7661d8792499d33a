// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @shows map flows .*"dport":443,"mac":"02:00:00:00:00:ff","saddr":"10.13.0.1","to":"::1"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct flow {
	__be32 saddr;
	struct in6_addr to;
	__u8 mac[6];
	__be16 dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow);
} flows SEC(".maps");

SEC("tp/syscalls/sys_enter_unlinkat")
int look(void *ctx)
{
	__u32 zero = 0;
	struct flow *flow = bpf_map_lookup_elem(&flows, &zero);

	if (flow == NULL)
		return 0;
	flow->saddr = __builtin_bswap32(0x0a0d0001);
	flow->to.in6_u.u6_addr8[15] = 1;
	flow->mac[0] = 2;
	flow->mac[5] = 0xff;
	flow->dport = __builtin_bswap16(443);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
