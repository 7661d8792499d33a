/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What main.c asks of the other files: setup.c does what is to be done before
 * the program is loaded, attach.c attaches, show.c prints what comes out.
 *
 * None of them knows a lesson: they look at the object that they are given.
 */
#ifndef HOME_H
#define HOME_H

#include <bpf/libbpf.h>
#include <signal.h>
#include <stdarg.h>

/* What a program attaches to, where its section does not say it. */
enum kind {
	NOTHING,
	LEFT_OUT,
	INTERFACE,
	CGROUP,
	UPROBE,
	USDT,
	PROBE, /* of a function of the kernel */
	CALL,  /* at its begin or end: fentry, fexit */
	TRACEPOINT,
	RAW_TRACEPOINT,
	CLOCK,
	COUNTER,
};

struct target {
	const char *program; /* the function's name */
	enum kind kind;
	const char *what;     /* an interface, a file, or a category */
	const char *name;     /* a function, a mark, or a tracepoint */
	const char *provider; /* who marked it */
	unsigned long number; /* an offset, or times a second */
	unsigned long event;  /* what a processor counts, by perf's number */
	bool egress;
	bool at_return;
};

/* How many entries a map has. */
struct size {
	const char *map;
	unsigned int entries;
};

/* What was said on the command line besides globals. */
struct words {
	const char *interface; /* -i: instead of the lesson's own */
	const char *cgroup;    /* -c: a folder below /sys/fs/cgroup */
};

/* One of the program's global variables. */
typedef int (*with_global)(struct bpf_map *map, const char *name, __u32 type,
			   __u32 offset, void *context);

/* setup.c */
int read_words(struct bpf_object *obj, int argc, char **argv,
	       struct words *words);
int each_global(struct bpf_object *obj, with_global with, void *context);
int array_of_bytes(const struct btf *btf, __u32 type);
int size_maps(struct bpf_object *obj, const struct size *sizes);
void choose_optional(struct bpf_object *obj, const struct target *targets);

/* attach.c */
const struct target *target_of(const struct target *targets,
			       const struct bpf_program *prog);
int take_ours(struct bpf_object *obj, const struct target *targets);
int attach_ours(struct bpf_object *obj, const struct target *targets,
		const struct words *words);
void say_attached(const struct bpf_object_skeleton *skeleton);
void detach_ours(void);

/* show.c */
int keep_log(enum libbpf_print_level level, const char *format, va_list args);
int failed(const char *what);
int show(struct bpf_object *obj, volatile sig_atomic_t *over);

#endif
