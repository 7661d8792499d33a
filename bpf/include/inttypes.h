/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Types of a size; formats are printf's, which a program has not. */
#ifndef BPFLAB_INTTYPES_H
#define BPFLAB_INTTYPES_H

#include <stdint.h>

#endif
