/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asked for by headers that may meet a C library; there is none. */
