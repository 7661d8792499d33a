// @kernels 5.10 6.1 6.12 7.x
// @stimulus touch /tmp/a; rm /tmp/a
// @record events=struct pair
// @record others=event_t
// @shows record "left":7,"right":9
// @shows record "word":5
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Of one size: which of the two is sent cannot be known from it. */
struct single {
	__u64 both;
};

struct pair {
	__u32 left;
	__u32 right;
};

/* Of a size that no other has, and longer than what is sent. */
typedef struct {
	__u32 word;
	__u32 rest[8];
} event_t;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} others SEC(".maps");

/* So that clang describes the type. */
event_t *described;

SEC("tp/syscalls/sys_enter_unlinkat")
int send(void *ctx)
{
	struct pair pair = { 7, 9 };
	__u32 word = 5;

	bpf_ringbuf_output(&events, &pair, sizeof(pair), 0);
	bpf_ringbuf_output(&others, &word, sizeof(word), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
