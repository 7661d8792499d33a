/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of types that vmlinux.h has too. */
#ifndef BPFLAB_SYS_TYPES_H
#define BPFLAB_SYS_TYPES_H

#include <stddef.h>

#ifndef BPFLAB_VMLINUX_H
#include <linux/types.h>

typedef long ssize_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int mode_t;
typedef long long off_t;
typedef long time_t;
#endif

#endif
