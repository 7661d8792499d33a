/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of the Internet: the kernel's own structs, which have the same layout. */
#ifndef BPFLAB_NETINET_IN_H
#define BPFLAB_NETINET_IN_H

#include <sys/socket.h>

#ifdef BPFLAB_VMLINUX_H
#define INADDR_ANY ((unsigned int)0x00000000)
#define INADDR_BROADCAST ((unsigned int)0xffffffff)
#define INADDR_LOOPBACK ((unsigned int)0x7f000001)
#else
#include <linux/in.h>
#include <linux/in6.h>
#endif

typedef unsigned int in_addr_t;
typedef unsigned short in_port_t;

#endif
