/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Clocks by number; vmlinux.h has the types, and no numbers. */
#ifndef BPFLAB_TIME_H
#define BPFLAB_TIME_H

#ifdef BPFLAB_VMLINUX_H
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_TAI 11
#else
#include <linux/time.h>
#endif

#endif
