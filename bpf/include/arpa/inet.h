/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The byte order of the network, by the names that a C library has for it. */
#ifndef BPFLAB_ARPA_INET_H
#define BPFLAB_ARPA_INET_H

#include <bpf/bpf_endian.h>
#include <netinet/in.h>

#define htons(number) bpf_htons(number)
#define ntohs(number) bpf_ntohs(number)
#define htonl(number) bpf_htonl(number)
#define ntohl(number) bpf_ntohl(number)

#endif
