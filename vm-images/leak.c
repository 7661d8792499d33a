// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-leak WHAT COUNT SIZE ...: allocates COUNT times SIZE bytes in each of
 * several ways, and gives back what a way gives back. For lessons that look
 * for memory which was never freed: each way is a function of its own, so that
 * each has a stack of its own. root.sh builds it with frame pointers.
 *
 * Knows libc's allocator; prints what it did, a line each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile last;

/* The compiler may not leave out what nobody reads. */
static void *used(void *memory, size_t size)
{
	if (memory == NULL) {
		perror("lab-leak");
		exit(1);
	}
	memset(memory, 1, size);
	last = memory;
	return memory;
}

__attribute__((noinline)) static void keep(size_t size)
{
	used(malloc(size), size);
}

__attribute__((noinline)) static void keep_zeroed(size_t size)
{
	used(calloc(1, size), size);
}

__attribute__((noinline)) static void keep_aligned(size_t size)
{
	void *memory = NULL;

	if (posix_memalign(&memory, 64, size))
		memory = NULL;
	used(memory, size);
}

/* Twice allocated, and once only in use: the first may have moved. */
__attribute__((noinline)) static void grow(size_t size)
{
	void *memory = used(malloc(size / 2 + 1), size / 2 + 1);

	used(realloc(memory, size), size);
}

__attribute__((noinline)) static void give_back(size_t size)
{
	free(used(malloc(size), size));
}

static const struct {
	const char *name;
	void (*once)(size_t size);
} ways[] = {
	{"keep", keep},
	{"keep_zeroed", keep_zeroed},
	{"keep_aligned", keep_aligned},
	{"grow", grow},
	{"give_back", give_back},
};

static int act(const char *name, long count, long size)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, name) || count < 0 || size < 1)
			continue;
		for (long n = 0; n < count; n++)
			ways[i].once(size);
		printf("%s %ld times %ld bytes\n", name, count, size);
		return 0;
	}
	fprintf(stderr, "usage: lab-leak keep|keep_zeroed|keep_aligned|grow|"
			"give_back COUNT SIZE ... | sleep SECONDS ...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int at = 1;

	/* Printing allocates as well, so it is done without a buffer. */
	setvbuf(stdout, NULL, _IONBF, 0);
	while (at < argc) {
		if (!strcmp(argv[at], "sleep") && at + 1 < argc) {
			usleep(atof(argv[at + 1]) * 1e6);
			at += 2;
			continue;
		}
		if (at + 2 >= argc)
			return act("", 0, 0);
		if (act(argv[at], atol(argv[at + 1]), atol(argv[at + 2])))
			return 2;
		at += 3;
	}
	return 0;
}
