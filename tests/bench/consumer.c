// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a person writes who reads a ring buffer without the lab, and what makes
 * a program fill it:
 *
 *	consumer NAME SECONDS		calls write(2) as fast as it can, as NAME
 *	consumer NAME SECONDS OBJECT	the same in a child, while the object is
 *					attached and its map "events" is read
 *
 * The second says how many records came, the nanoseconds from the first to the
 * last, and the object's two numbers. Knows nothing of bpflab.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/libbpf.h>

static unsigned long long came, first, sum;

static unsigned long long now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Looks into each record, as everyone does. */
static int take(void *ctx, void *data, size_t size)
{
	if (!came++)
		first = now();
	sum += *(unsigned long long *)data;
	return 0;
}

static int flood(const char *name, int seconds)
{
	unsigned long long until = now() + seconds * 1000000000ULL;
	int null = open("/dev/null", O_WRONLY);

	prctl(PR_SET_NAME, name);
	while (now() < until)
		if (write(null, "", 1) != 1)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *program = NULL;
	struct bpf_object *object;
	struct ring_buffer *ring;
	unsigned long long last = 0, *numbers;
	size_t size = 0;
	int status;
	pid_t child;

	if (argc == 3)
		return flood(argv[1], atoi(argv[2]));
	if (argc != 4)
		return 2;
	object = bpf_object__open_file(argv[3], NULL);
	if (!object || bpf_object__load(object))
		return 1;
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), take, NULL, NULL);
	if (!ring)
		return 1;
	while ((program = bpf_object__next_program(object, program)))
		if (!bpf_program__attach(program))
			return 1;
	child = fork();
	if (child < 0)
		return 1;
	if (!child)
		return flood(argv[1], atoi(argv[2]));
	while (waitpid(child, &status, WNOHANG) == 0)
		if (ring_buffer__poll(ring, 10) > 0)
			last = now();
	if (ring_buffer__consume(ring) > 0)
		last = now();
	numbers = bpf_map__initial_value(bpf_object__find_map_by_name(object, ".bss"), &size);
	if (status || !numbers || size < 2 * sizeof(*numbers))
		return 1;
	printf("consumed %llu %llu %llu %llu\n", came, last - first, numbers[0], numbers[1]);
	return 0;
}
