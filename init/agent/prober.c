/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/prober.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/memory.h"
#include "init/agent/http.h"
#include "init/loop.h"

struct prober {
	const struct probe *probe;
	struct probe_pace pace;
	struct loop_timer timer;
	enum message_result result; /* the last one that counted */
	unsigned detail;
	int64_t told; /* how often in a row */
	struct endpoint endpoint; /* only a text for the Host header */
	struct exchange_request request;
	struct http http;
};

static MEMORY_BULK struct prober probers[PROBE_MAX];
static const struct probe_list *list;
static void (*tell_result)(unsigned probe, enum message_result, unsigned detail);

/* What has been told rise and fall times over changes nothing in PID 1, which may sleep on. */
static void tell(struct prober *p, enum message_result result, unsigned detail) {
	const struct config_check *c = p->probe->config;
	int64_t enough = c->rise > c->fall ? c->rise : c->fall;

	if (result != p->result || detail != p->detail)
		p->told = 0;
	p->result = result;
	p->detail = detail;
	if (p->told == enough)
		return;
	p->told++;
	tell_result((unsigned)(p - probers), result, detail);
}

static void take(struct prober *p, enum message_result result, unsigned detail) {
	bool good = probe_is_good(result, detail);

	if (probe_pace_counts(&p->pace, good))
		tell(p, result, detail);
	loop_arm(&p->timer,
		 probe_pace_next(&p->pace, loop_now(), p->probe->config->interval, good));
}

static void done(struct exchange *x, const struct exchange_reply *reply, const char *why) {
	struct prober *p = LOOP_OWNER(LOOP_OWNER(x, struct http, exchange), struct prober, http);

	(void)why;
	if (!reply)
		take(p, MESSAGE_UNANSWERED, (unsigned)p->http.error);
	else if (p->probe->config->http)
		take(p, MESSAGE_ANSWERED, (unsigned)reply->status);
	else
		take(p, MESSAGE_CONNECTED, 0);
}

static void write_address(struct endpoint_address *to, const struct config_ip *ip, uint16_t port) {
	memset(to, 0, sizeof(*to));
	to->any.sa_family = ip->family;
	if (ip->family == AF_INET6) {
		memcpy(&to->in6.sin6_addr, ip->bytes, sizeof(to->in6.sin6_addr));
		to->in6.sin6_port = htons(port);
		to->length = sizeof(to->in6);
	} else {
		memcpy(&to->in.sin_addr, ip->bytes, sizeof(to->in.sin_addr));
		to->in.sin_port = htons(port);
		to->length = sizeof(to->in);
	}
}

/* The addresses are put where a name's would be, anew each time: the client drops those that
 * failed. */
static void look(struct loop_timer *t) {
	struct prober *p = LOOP_OWNER(t, struct prober, timer);

	p->http.resolve.count = p->probe->addresses_count;
	for (unsigned i = 0; i < p->probe->addresses_count; i++)
		write_address(&p->http.resolve.addresses[i], &p->probe->addresses[i],
			      p->probe->port);
	p->http.exchange.start(&p->http.exchange, &p->request, p->probe->config->timeout);
}

static void init(struct prober *p, const struct probe *probe) {
	p->probe = probe;
	p->timer.fire = look;
	p->endpoint.kind = ENDPOINT_NAME;
	probe_host(probe, p->endpoint.text);
	p->request.method = probe->config->http ? "GET" : NULL;
	snprintf(p->request.target, sizeof(p->request.target), "%s",
		 probe->config->http ? probe->config->http : "");
	http_init(&p->http, &p->endpoint, "User-Agent: pintle\r\nConnection: close\r\n");
	p->http.exchange.done = done;
	p->http.once = true;
	p->http.response.limit = UINT64_MAX; /* of the answer only the status counts */
}

void prober_init(const struct probe_list *probes,
		 void (*result)(unsigned probe, enum message_result, unsigned detail)) {
	list = probes;
	tell_result = result;
	for (unsigned i = 0; i < list->count; i++)
		if (probe_is_remote(&list->items[i]))
			init(&probers[i], &list->items[i]);
}

void prober_begin(void) {
	prober_end();
	for (unsigned i = 0; i < list->count; i++) {
		struct prober *p = &probers[i];

		if (!p->probe)
			continue;
		p->told = 0;
		probe_pace_begin(&p->pace, loop_now());
		loop_arm(&p->timer, 0);
	}
}

void prober_end(void) {
	for (unsigned i = 0; i < list->count; i++) {
		struct prober *p = &probers[i];

		if (!p->probe)
			continue;
		loop_disarm(&p->timer);
		p->http.exchange.cancel(&p->http.exchange);
	}
}
