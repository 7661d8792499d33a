/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the compiler does by itself, for programs written for a machine with a C
 * library: a copy or comparison of a small, known size becomes instructions. A
 * call that is left has no function in the kernel, and is refused.
 */
#ifndef BPFLAB_STRING_H
#define BPFLAB_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
size_t strlen(const char *text);
int strcmp(const char *one, const char *other);
int strncmp(const char *one, const char *other, size_t size);

#endif
