/* SPDX-License-Identifier: Apache-2.0 */
/* Who is trusted: of all authorities in a file, only those that a certificate names are taken into
 * memory, when they are asked for. The bundle of an image would be half a megabyte. */
#ifndef INIT_AGENT_TLS_TRUST_H
#define INIT_AGENT_TLS_TRUST_H

#include <mbedtls/x509_crt.h>

/* The certificates of those that may have issued child, from a file of PEM, in a list from the
 * heap; NULL if there is none. 0, or an error of mbedTLS. */
int tls_trust_find(int fd, const mbedtls_x509_crt *child, mbedtls_x509_crt **issuers);

#endif
