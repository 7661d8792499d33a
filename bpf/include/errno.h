/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's own numbers; a program has no errno. */
#ifndef BPFLAB_ERRNO_H
#define BPFLAB_ERRNO_H

#include <linux/errno.h>

#endif
