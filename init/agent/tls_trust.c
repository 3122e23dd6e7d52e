/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/tls_trust.h"

#include <mbedtls/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BLOCK = 16383, /* bytes of one certificate as PEM */
	ISSUERS = 8, /* of the same name */
};

static const char head[] = "-----BEGIN CERTIFICATE-----";
static const char foot[] = "-----END CERTIFICATE-----";

struct search {
	int fd;
	const mbedtls_x509_crt *child;
	mbedtls_x509_crt *found;
	unsigned count;
	size_t length;
	char text[BLOCK + 1];
};

/* A broken certificate in a bundle is no reason to trust nobody. */
static int add(struct search *s, const unsigned char *der, size_t length) {
	mbedtls_x509_crt *issuer = malloc(sizeof(*issuer));

	if (!issuer)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	mbedtls_x509_crt_init(issuer);
	if (mbedtls_x509_crt_parse_der(issuer, der, length)) {
		mbedtls_x509_crt_free(issuer);
		free(issuer);
		return 0;
	}
	issuer->next = s->found;
	s->found = issuer;
	s->count++;
	return 0;
}

/* A name is compared byte by byte, which is how issuers write it. One that merely has it somewhere
 * does no harm: mbedTLS compares again. */
static int consider(struct search *s, const char *pem) {
	mbedtls_pem_context decoded;
	size_t used;
	int error = 0;

	mbedtls_pem_init(&decoded);
	if (mbedtls_pem_read_buffer(&decoded, head, foot, (const unsigned char *)pem, NULL, 0,
				    &used) == 0) {
		const unsigned char *der = mbedtls_pem_get_buffer(&decoded, &used);

		if (s->count < ISSUERS &&
		    memmem(der, used, s->child->issuer_raw.p, s->child->issuer_raw.len))
			error = add(s, der, used);
	}
	mbedtls_pem_free(&decoded);
	return error;
}

static void drop(struct search *s, size_t length) {
	s->length -= length;
	memmove(s->text, s->text + length, s->length);
}

/* 1: a block was found and dealt with; 0: more has to be read. What is not between a head and a
 * foot is passed over, a block that is too long as well. */
static int take_block(struct search *s, int *error) {
	char *begin = memmem(s->text, s->length, head, sizeof(head) - 1), *end, behind;

	if (!begin) {
		if (s->length >= sizeof(head))
			drop(s, s->length - sizeof(head) + 1);
		return 0;
	}
	drop(s, (size_t)(begin - s->text));
	end = memmem(s->text, s->length, foot, sizeof(foot) - 1);
	if (!end) {
		if (s->length == BLOCK)
			drop(s, sizeof(head) - 1);
		return 0;
	}
	end += sizeof(foot) - 1;
	behind = *end;
	*end = '\0';
	*error = consider(s, s->text);
	*end = behind;
	drop(s, (size_t)(end - s->text));
	return 1;
}

static int search_all(struct search *s) {
	int error = 0;
	ssize_t n = lseek(s->fd, 0, SEEK_SET) == 0 ? 1 : -1;

	while (n > 0 && !error) {
		n = read(s->fd, s->text + s->length, BLOCK - s->length);
		if (n > 0)
			s->length += (size_t)n;
		while (n > 0 && !error && take_block(s, &error))
			continue;
	}
	return n < 0 ? MBEDTLS_ERR_X509_FILE_IO_ERROR : error;
}

int tls_trust_find(int fd, const mbedtls_x509_crt *child, mbedtls_x509_crt **issuers) {
	struct search *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	s->fd = fd;
	s->child = child;
	error = search_all(s);
	*issuers = s->found;
	free(s);
	return error;
}
