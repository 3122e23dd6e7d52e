/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/agent/tls_files.h"
#include "init/agent/tls_trust.h"

/* What all connections have in common. */
static MEMORY_BULK struct {
	struct tls_names names;
	int files[TLS_FILES];
	bool ready; /* the rest is what was read from them */
	mbedtls_ssl_config config;
	mbedtls_x509_crt certificate;
	mbedtls_pk_context key;
	char why[ENDPOINT_HOST + 128]; /* of whichever channel failed last */
} shared;

struct session {
	mbedtls_ssl_context ssl;
	struct channel *channel;
	int error; /* errno of the socket */
	char host[ENDPOINT_HOST]; /* whom the server has to be */
	uint8_t address[16]; /* the same, */
	size_t address_length; /* unless it is a name */
};

bool tls_is_built(void) {
	return true;
}

int tls_prove(const struct tls_names *names, struct error *e) {
	int files[TLS_FILES];

	if (tls_files_open(files, names, e) < 0)
		return -1;
	tls_files_close(files);
	return 0;
}

int tls_open(const struct tls_names *names, struct error *e) {
	shared.names = *names;
	shared.ready = false;
	if (tls_files_open(shared.files, names, e) < 0)
		return -1;
	if (tls_files_gather(&shared.files[TLS_AUTHORITIES]) == 0)
		return 0;
	return fail(e, "%s: %m; all that is in it may have %d bytes", names->authorities,
		    TLS_FOLDER);
}

/* --- What mbedTLS asks of us. */

static int random_bytes(void *context, unsigned char *bytes, size_t length) {
	(void)context;
	for (ssize_t n = 0; length > 0; bytes += n, length -= (size_t)n) {
		n = getrandom(bytes, length, 0);
		if (n < 0)
			return PSA_ERROR_INSUFFICIENT_ENTROPY;
	}
	return 0;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
					     uint8_t *bytes, size_t size, size_t *length) {
	*length = size;
	return random_bytes(context, bytes, size);
}

/* Who hangs up may have said why: receiving tells. */
static int send_raw(void *context, const unsigned char *bytes, size_t length) {
	struct session *s = context;
	ssize_t n = send(s->channel->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	if (errno == EPIPE || errno == ECONNRESET)
		return (int)length;
	s->error = errno;
	return MBEDTLS_ERR_SSL_CONN_EOF;
}

static int receive_raw(void *context, unsigned char *bytes, size_t length) {
	struct session *s = context;
	ssize_t n = recv(s->channel->fd, bytes, length, MSG_DONTWAIT);

	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN)
		return MBEDTLS_ERR_SSL_WANT_READ;
	s->error = errno;
	return MBEDTLS_ERR_SSL_CONN_EOF;
}

static int find_issuers(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **issuers) {
	(void)context;
	return tls_trust_find(shared.files[TLS_AUTHORITIES], child, issuers);
}

/* A server that is reached by its address has it in its certificate (RFC 9110, 4.3.5); mbedTLS
 * knows names only. */
static int verify_address(void *context, mbedtls_x509_crt *certificate, int depth,
			  uint32_t *faults) {
	const struct session *s = context;

	if (depth > 0)
		return 0;
	for (const mbedtls_x509_sequence *n = &certificate->subject_alt_names; n; n = n->next)
		if ((n->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_X509_SAN_IP_ADDRESS &&
		    n->buf.len == s->address_length &&
		    memcmp(n->buf.p, s->address, n->buf.len) == 0)
			return 0;
	*faults |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	return 0;
}

/* --- Setting up. */

static int refuse(struct channel *c, const char *what, const char *why) {
	snprintf(shared.why, sizeof(shared.why), "%s%s%s", what, *why ? ": " : "", why);
	c->why = shared.why;
	errno = EPROTO;
	return -1;
}

static int read_certificate(struct channel *c) {
	size_t length;
	char *text = tls_files_read(shared.files[TLS_CERTIFICATE], &length);
	int error;

	if (!text)
		return refuse(c, shared.names.certificate, strerror(errno));
	error = mbedtls_x509_crt_parse(&shared.certificate, (unsigned char *)text, length + 1);
	free(text);
	return error ? refuse(c, shared.names.certificate, "it is no certificate in PEM form") : 0;
}

static int read_key(struct channel *c) {
	size_t length;
	char *text = tls_files_read(shared.files[TLS_KEY], &length);
	int error;

	if (!text)
		return refuse(c, shared.names.key, strerror(errno));
	error = mbedtls_pk_parse_key(&shared.key, (unsigned char *)text, length + 1, NULL, 0,
				     random_bytes, NULL);
	explicit_bzero(text, length);
	free(text);
	if (error)
		return refuse(c, shared.names.key,
			      "it is no private key in PEM form without a password");
	if (mbedtls_pk_check_pair(&shared.certificate.pk, &shared.key, random_bytes, NULL))
		return refuse(c, shared.names.key, "it is not the certificate's key");
	return 0;
}

static int read_ours(struct channel *c) {
	if (!shared.names.certificate)
		return 0;
	mbedtls_x509_crt_free(&shared.certificate);
	mbedtls_pk_free(&shared.key);
	if (read_certificate(c) < 0 || read_key(c) < 0)
		return -1;
	if (mbedtls_ssl_conf_own_cert(&shared.config, &shared.certificate, &shared.key))
		return errno = ENOMEM, -1;
	for (int i = TLS_CERTIFICATE; i < TLS_FILES; i++)
		close(shared.files[i]);
	return 0;
}

/* When the first connection is made. What is wrong with a file is said for each. */
static int set_up(struct channel *c) {
	mbedtls_ssl_config *config = &shared.config;

	if (shared.ready)
		return 0;
	mbedtls_ssl_config_free(config);
	mbedtls_ssl_config_init(config);
	if (psa_crypto_init() ||
	    mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT))
		return errno = ENOMEM, -1;
	mbedtls_ssl_conf_rng(config, random_bytes, NULL);
	mbedtls_ssl_conf_authmode(config, shared.names.anyone ? MBEDTLS_SSL_VERIFY_NONE
							      : MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_cb(config, find_issuers, NULL);
	if (read_ours(c) < 0)
		return -1;
	shared.ready = true;
	return 0;
}

/* --- A connection. */

static const struct {
	uint32_t fault;
	char text[40];
} faults[] = {
	{ MBEDTLS_X509_BADCERT_NOT_TRUSTED, "it is not signed by anybody trusted" },
	{ MBEDTLS_X509_BADCERT_EXPIRED, "it has expired" },
	{ MBEDTLS_X509_BADCERT_FUTURE, "it is not valid yet" },
};

static int refuse_certificate(struct session *s, uint32_t found) {
	char text[ENDPOINT_HOST + 32];

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (found & faults[i].fault)
			return refuse(s->channel, "its certificate", faults[i].text);
	if (found != MBEDTLS_X509_BADCERT_CN_MISMATCH)
		return refuse(s->channel, "its certificate",
			      "it is broken, or not made for a server, or too weak");
	snprintf(text, sizeof(text), "its certificate is not for %s", s->host);
	return refuse(s->channel, text, "");
}

/* The numbers of alerts: RFC 8446, 6. */
static int tell_alert(struct session *s) {
	static const struct {
		unsigned char alert;
		char text[60];
	} known[] = {
		{ 116, "it wants a certificate of ours" }, /* certificate_required */
		{ 42, "it does not accept our certificate, or wants one" }, /* bad_certificate */
		{ 46, "it does not accept our certificate" }, /* certificate_unknown */
		{ 48, "it does not know who signed our certificate" }, /* unknown_ca */
		{ 70, "it has neither TLS 1.2 nor 1.3" }, /* protocol_version */
	};
	unsigned char alert = s->ssl.MBEDTLS_PRIVATE(in_msg)[1];
	char text[32];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].alert == alert)
			return refuse(s->channel, known[i].text, "");
	snprintf(text, sizeof(text), "it refuses with TLS alert %u", alert);
	return refuse(s->channel, text, "");
}

static int break_off(struct session *s) {
	if (!s->error)
		refuse(s->channel, "it closed the connection", "");
	errno = s->error ? s->error : ECONNRESET;
	return -1;
}

/* Makes of what mbedTLS says what channel.h says. */
static int explain(struct session *s, int error) {
	struct channel *c = s->channel;
	char text[40];

	switch (error) {
	case MBEDTLS_ERR_SSL_WANT_READ:
	case MBEDTLS_ERR_SSL_WANT_WRITE:
		c->wants = error == MBEDTLS_ERR_SSL_WANT_READ ? EPOLLIN : EPOLLOUT;
		return errno = EAGAIN, -1;
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
		return 0;
	case MBEDTLS_ERR_SSL_CONN_EOF:
		return break_off(s);
	case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
	case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
		return refuse_certificate(s, mbedtls_ssl_get_verify_result(&s->ssl));
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return tell_alert(s);
	case MBEDTLS_ERR_SSL_INVALID_RECORD:
		return refuse(c, "it does not speak TLS", "");
	}
	snprintf(text, sizeof(text), "TLS failed (mbedTLS: -0x%04x)", (unsigned)-error);
	return refuse(c, text, "");
}

static int greet(struct channel *c) {
	struct session *s = c->session;
	int error = mbedtls_ssl_handshake(&s->ssl);

	if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		error = MBEDTLS_ERR_SSL_CONN_EOF;
	return error ? explain(s, error) : 0;
}

/* One part at a time: each call makes one record. */
static ssize_t send_secured(struct channel *c, const struct iovec parts[2]) {
	struct session *s = c->session;
	const struct iovec *part = parts[0].iov_len ? &parts[0] : &parts[1];
	int n = mbedtls_ssl_write(&s->ssl, part->iov_base, part->iov_len);

	return n < 0 ? explain(s, n) : n;
}

static ssize_t receive_secured(struct channel *c, void *bytes, size_t size) {
	struct session *s = c->session;
	int n = mbedtls_ssl_read(&s->ssl, bytes, size);

	c->pending = n > 0 && mbedtls_ssl_get_bytes_avail(&s->ssl) > 0;
	return n < 0 ? explain(s, n) : n;
}

static void close_secured(struct channel *c) {
	struct session *s = c->session;

	(void)mbedtls_ssl_close_notify(&s->ssl);
	mbedtls_ssl_free(&s->ssl);
	free(s);
}

/* An address is no name: it is not sent as one (RFC 6066, 3). */
static int name_server(struct session *s, const char *host) {
	snprintf(s->host, sizeof(s->host), "%s", shared.names.server ? shared.names.server : host);
	if (inet_pton(AF_INET, s->host, s->address) == 1)
		s->address_length = 4;
	else if (inet_pton(AF_INET6, s->host, s->address) == 1)
		s->address_length = 16;
	if (s->address_length && !shared.names.anyone)
		mbedtls_ssl_set_verify(&s->ssl, verify_address, s);
	return mbedtls_ssl_set_hostname(&s->ssl, s->address_length ? NULL : s->host);
}

int tls_begin(struct channel *c, const char *host) {
	static const struct channel_kind secured = { greet, send_secured, receive_secured,
						     close_secured };
	struct session *s;

	if (set_up(c) < 0)
		return -1;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -1;
	mbedtls_ssl_init(&s->ssl);
	if (mbedtls_ssl_setup(&s->ssl, &shared.config) || name_server(s, host)) {
		mbedtls_ssl_free(&s->ssl);
		free(s);
		return errno = ENOMEM, -1;
	}
	s->channel = c;
	mbedtls_ssl_set_bio(&s->ssl, s, send_raw, receive_raw, NULL);
	c->kind = &secured;
	c->session = s;
	return 0;
}
