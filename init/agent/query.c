/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/query.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/memory.h"
#include "init/agent/http.h"
#include "init/agent/pace.h"
#include "init/agent/watch.h"

enum { WHY = 256, HEADER = 24, QUICK = 1000 /* ms: nobody waited for news */ };

struct query {
	struct registry_question question;
	char who[HEADER + CONFIG_HEADER];
	struct exchange_request request;
	struct http http;
	struct collector collector;
	bool broken; /* the list is not JSON */
	char header[HEADER]; /* the index as it came */
	uint64_t digest; /* of the last list */
	unsigned churn; /* quick answers in a row without anything new */
	unsigned failures; /* in a row */
	int64_t asked; /* loop_now() */
	struct loop_timer timer;
};

static const struct registry *registry;
static int64_t timeout;
static MEMORY_BULK struct query queries[CONFIG_WATCHES];

static unsigned index_of(const struct query *q) {
	return (unsigned)(q - queries);
}

uint64_t query_next_index(uint64_t asked, const char *header) {
	uint64_t n = 0;

	for (; header && *header >= '0' && *header <= '9'; header++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*header - '0'), &n))
			return 1;
	if (n == 0 || *header)
		n = 1;
	return n < asked ? 0 : n;
}

static void begin_list(struct query *q) {
	instances_free(&q->collector.list);
	collector_begin(&q->collector);
	collector_begin_text(&q->collector);
	q->broken = false;
	q->header[0] = '\0';
}

/* An answer may take as long as it waits for news, and Consul adds up to a sixteenth. */
static void ask(struct loop_timer *t) {
	struct query *q = LOOP_OWNER(t, struct query, timer);
	int64_t patience = timeout;

	if (q->question.index)
		patience += REGISTRY_WAIT + REGISTRY_WAIT / 16;
	begin_list(q);
	q->asked = loop_now();
	q->http.exchange.start(&q->http.exchange, &q->request, patience);
	if (q->question.index)
		loop_rest();
}

static void ask_in(struct query *q, int64_t delay) {
	struct error e = { 0 };

	(void)registry->ask(&q->question, &q->request, &e); /* it fitted before */
	loop_arm(&q->timer, delay > 0 ? delay : 0);
}

static void fail_with(struct query *q, const char *why) {
	q->question.index = 0;
	watch_fail(index_of(q), why);
	ask_in(q, pace_backoff(q->failures++));
}

/* What is no news comes quickly where the index moves for others' sake, or means nothing. */
static void succeed(struct query *q) {
	uint64_t digest = q->collector.list.digest;
	bool idle = digest == q->digest && loop_now() - q->asked < QUICK;

	q->failures = 0;
	q->churn = !idle ? 0 : q->churn < QUERY_CHURN ? q->churn + 1 : QUERY_CHURN;
	q->digest = digest;
	q->question.index = query_next_index(q->question.index, q->header);
	collector_end(&q->collector);
	watch_take(index_of(q), &q->collector.list);
	ask_in(q, (QUERY_SPACING << q->churn) - (loop_now() - q->asked));
}

static void done(struct exchange *x, const struct exchange_reply *reply, const char *why) {
	struct query *q = LOOP_OWNER(LOOP_OWNER(x, struct http, exchange), struct query, http);
	char text[WHY];

	if (!reply) {
		fail_with(q, why);
	} else if (reply->status != 200) {
		registry_explain(reply, text, sizeof(text));
		if (registry_judge(reply->status) == REGISTRY_REFUSED)
			q->failures = PACE_NEVER_MIND;
		fail_with(q, text);
	} else if (q->broken || !collector_end_text(&q->collector)) {
		fail_with(q, "its answer is no list");
	} else {
		succeed(q);
	}
}

static void take_piece(struct http *h, const char *bytes, size_t length) {
	struct query *q = LOOP_OWNER(h, struct query, http);

	q->broken = q->broken || collector_feed(&q->collector, bytes, length) < 0;
}

static void take_header(struct response *r, const char *name, const char *value) {
	struct query *q = LOOP_OWNER(LOOP_OWNER(r, struct http, response), struct query, http);

	if (strcasecmp(name, registry->index) == 0)
		snprintf(q->header, sizeof(q->header), "%s", value);
}

static void init(struct query *q, const struct config_watch *w, const struct registry_access *a) {
	struct error e = { 0 };

	memset(q, 0, offsetof(struct query, request));
	q->question.watch = w;
	q->timer.fire = ask;
	snprintf(q->who, sizeof(q->who), "watch %s", w->head.name);
	q->collector.who = q->who;
	q->collector.paths = registry->paths;
	q->collector.sorted = !w->near;
	http_init(&q->http, &a->endpoint, a->headers);
	q->http.exchange.done = done;
	q->http.piece = take_piece;
	q->http.response.header = take_header;
	q->http.response.limit = QUERY_BODY;
	if (registry->ask(&q->question, &q->request, &e) < 0)
		watch_fail(index_of(q), e.text);
	else
		loop_arm(&q->timer, 0);
}

void query_init(const struct config *c, const struct registry *r, const struct registry_access *a) {
	struct query *q = queries;

	registry = r;
	timeout = c->discovery.timeout;
	for (const struct config_watch *w = c->watches; w; w = w->head.next)
		init(q++, w, a);
}
