// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Prints what comes out of a program that is attached: lines of bpf_printk(),
 * records of ring and perf buffers, and at the end what globals and maps hold.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "home.h"

#define TURN_MS	    100	 /* how long nothing new may lie about */
#define MOST	    16	 /* perf buffers */
#define PAGES	    64	 /* of each of them, on each CPU */
#define MOST_SHOWN  1024 /* entries of a map */
#define LARGEST_KEY 512	 /* which is the kernel's limit for hash tables */

/* What libbpf said, in case that something fails: the end of it. */
static char log_text[64 << 10];
static size_t log_len;

int keep_log(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t half = sizeof(log_text) / 2;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	if (log_len > half) {
		memmove(log_text, log_text + log_len - half, half);
		log_len = half;
	}
	len = vsnprintf(log_text + log_len, sizeof(log_text) - log_len, format,
			args);
	if (len > 0)
		log_len += len;
	if (log_len >= sizeof(log_text))
		log_len = sizeof(log_text) - 1;
	return len;
}

int failed(const char *what)
{
	fwrite(log_text, 1, log_len, stderr);
	fprintf(stderr, "It does not %s. (Are you root?)\n", what);
	return 1;
}

/* As hexdump -C does. */
static void dump(const char *name, const unsigned char *bytes, size_t len)
{
	size_t at, i;

	printf("%s: %zu bytes\n", name, len);
	for (at = 0; at < len; at += 16) {
		printf("  %04zx ", at);
		for (i = at; i < at + 16; i++)
			i < len ? printf(" %02x", bytes[i]) : printf("   ");
		printf("  |");
		for (i = at; i < at + 16 && i < len; i++)
			putchar(isprint(bytes[i]) ? bytes[i] : '.');
		printf("|\n");
	}
}

static int on_record(void *name, void *bytes, size_t len)
{
	dump(name, bytes, len);
	return 0;
}

static void on_sample(void *name, int cpu, void *bytes, __u32 len)
{
	dump(name, bytes, len);
}

static void on_lost(void *name, int cpu, __u64 count)
{
	printf("%s: %llu records were lost\n", (char *)name, count);
}

static void copy_trace(int pipe)
{
	char text[4096];
	ssize_t len;

	while (pipe >= 0 && (len = read(pipe, text, sizeof(text))) > 0)
		fwrite(text, 1, len, stdout);
}

static void print_type(void *context, const char *format, va_list args)
{
	vprintf(format, args);
}

/* A value as its type says, else in hexadecimal. */
static void print_value(struct btf_dump *types, const struct btf *btf,
			__u32 type, const void *bytes, size_t len)
{
	DECLARE_LIBBPF_OPTS(btf_dump_type_data_opts, opts, .compact = true);
	size_t room = array_of_bytes(btf, type), i;
	const struct btf_type *t;

	t = btf__type_by_id(btf, btf__resolve_type(btf, type));
	opts.skip_names = t && !btf_is_composite(t);
	if (room && room <= len) {
		printf("\"%.*s\"", (int)room, (const char *)bytes);
	} else if (!type || btf_dump__dump_type_data(types, type, bytes, len,
						     &opts) < 0) {
		for (i = 0; i < len; i++)
			printf("%02x", ((const unsigned char *)bytes)[i]);
	}
}

struct printer {
	const struct btf *btf;
	struct btf_dump *types;
};

static int print_global(struct bpf_map *map, const char *name, __u32 type,
			__u32 offset, void *context)
{
	const struct printer *printer = context;
	const char *section = strchr(bpf_map__name(map), '.');
	long size = btf__resolve_size(printer->btf, type);
	char *bytes;
	__u32 zero = 0;

	if (strncmp(section, ".bss", 4) && strncmp(section, ".data", 5))
		return 0; /* constants do not change */
	bytes = malloc(bpf_map__value_size(map));
	if (bytes && size >= 0 &&
	    !bpf_map_lookup_elem(bpf_map__fd(map), &zero, bytes)) {
		printf("%s = ", name);
		print_value(printer->types, printer->btf, type, bytes + offset,
			    size);
		printf("\n");
	}
	free(bytes);
	return 0;
}

/* Every entry of a map; of a map per CPU, the value of each CPU. */
static void print_map(const struct printer *printer, struct bpf_map *map,
		      bool per_cpu)
{
	size_t value = bpf_map__value_size(map), step = (value + 7) / 8 * 8;
	size_t key = bpf_map__key_size(map), shown = 0, i;
	size_t copies = per_cpu ? libbpf_num_possible_cpus() : 1;
	char now[LARGEST_KEY], *bytes = calloc(copies, step);
	int fd = bpf_map__fd(map);
	void *last = NULL;

	while (bytes && key <= sizeof(now) && shown < MOST_SHOWN &&
	       !bpf_map_get_next_key(fd, last, now)) {
		last = now;
		if (bpf_map_lookup_elem(fd, now, bytes))
			continue;
		shown++;
		printf("%s[", bpf_map__name(map));
		print_value(printer->types, printer->btf,
			    bpf_map__btf_key_type_id(map), now, key);
		printf("] = ");
		for (i = 0; i < copies; i++) {
			if (i)
				printf(", ");
			print_value(printer->types, printer->btf,
				    bpf_map__btf_value_type_id(map),
				    bytes + i * step, value);
		}
		printf("\n");
	}
	free(bytes);
}

static void print_all(struct bpf_object *obj)
{
	struct printer printer = {.btf = bpf_object__btf(obj)};
	struct bpf_map *map;

	printer.types = btf_dump__new(printer.btf, print_type, NULL, NULL);
	if (!printer.types)
		return;
	each_global(obj, print_global, &printer);
	bpf_object__for_each_map(map, obj)
	{
		/* Neither sections nor what libbpf adds for itself. */
		if (bpf_map__is_internal(map) ||
		    !strncmp(bpf_map__name(map), "__", 2))
			continue;
		switch (bpf_map__type(map)) {
		case BPF_MAP_TYPE_HASH:
		case BPF_MAP_TYPE_LRU_HASH:
		case BPF_MAP_TYPE_ARRAY:
			print_map(&printer, map, false);
			break;
		case BPF_MAP_TYPE_PERCPU_HASH:
		case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		case BPF_MAP_TYPE_PERCPU_ARRAY:
			print_map(&printer, map, true);
			break;
		default:
			break;
		}
	}
	btf_dump__free(printer.types);
}

/* Until *over; 0, or what went wrong at the beginning. */
int show(struct bpf_object *obj, volatile sig_atomic_t *over)
{
	struct perf_buffer *perf[MOST];
	struct ring_buffer *rings = NULL;
	struct bpf_map *map;
	int trace, i, perfs = 0, err = 0;

	trace = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK);
	if (trace < 0)
		fprintf(stderr, "trace_pipe cannot be read: %s\n",
			strerror(errno));
	bpf_object__for_each_map(map, obj)
	{
		void *name = (void *)bpf_map__name(map);
		int fd = bpf_map__fd(map);

		if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF && rings) {
			err = ring_buffer__add(rings, fd, on_record, name);
		} else if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF) {
			rings = ring_buffer__new(fd, on_record, name, NULL);
			err = rings ? 0 : -errno;
		} else if (bpf_map__type(map) ==
				   BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
			   perfs < MOST) {
			perf[perfs] = perf_buffer__new(fd, PAGES, on_sample,
						       on_lost, name, NULL);
			err = perf[perfs] ? 0 : -errno;
			perfs += !err;
		}
		if (err)
			goto out;
	}
	while (!*over) {
		usleep(TURN_MS * 1000);
		copy_trace(trace);
		if (rings)
			ring_buffer__consume(rings);
		for (i = 0; i < perfs; i++)
			perf_buffer__consume(perf[i]);
		fflush(stdout);
	}
	print_all(obj);
out:
	ring_buffer__free(rings);
	while (perfs)
		perf_buffer__free(perf[--perfs]);
	if (trace >= 0)
		close(trace);
	return err;
}
