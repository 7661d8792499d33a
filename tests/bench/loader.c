// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a person writes who loads a BPF object without the lab: open, load,
 * attach, wait. Says "attached", and at the end of its standard input the
 * first number of .bss, if the object has one. Knows nothing of bpflab.
 */
#include <stdio.h>
#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program = NULL;
	struct bpf_map *globals;
	unsigned long long *first;
	size_t size = 0;

	if (argc != 2)
		return 2;
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		return 1;
	while ((program = bpf_object__next_program(object, program)))
		if (!bpf_program__attach(program))
			return 1;
	puts("attached");
	fflush(stdout);
	while (getchar() != EOF)
		;
	globals = bpf_object__find_map_by_name(object, ".bss");
	if (globals) {
		first = bpf_map__initial_value(globals, &size);
		if (first && size >= sizeof(*first))
			printf("%llu\n", *first);
	}
	return 0; /* links and programs go with the process */
}
