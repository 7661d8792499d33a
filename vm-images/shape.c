// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-shape AREA SIDES: makes a shape and asks what it measures. Built twice,
 * as lab-shape-old and lab-shape-new: the newer build's struct has another
 * layout, as programs that are updated do. root.sh gives both their own types
 * (BTF), by which one BPF object can read either.
 *
 * Prints what it measured.
 */
#include <stdio.h>
#include <stdlib.h>

struct shape {
#ifdef NEWER
	char name[24];
	double scale;
	struct {
		short sides;
		long area;
	};
#else
	int area;
	int sides;
#endif
};

__attribute__((noipa)) long measure(const struct shape *shape)
{
	return (long)shape->area * shape->sides;
}

int main(int count, char **words)
{
	struct shape shape = {
		.area = count > 1 ? atoi(words[1]) : 1,
		.sides = count > 2 ? atoi(words[2]) : 4,
	};

	printf("measured %ld\n", measure(&shape));
	return 0;
}
