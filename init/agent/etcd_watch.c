/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/etcd_watch.h"

#include <stdio.h>
#include <string.h>

#include "config/memory.h"
#include "init/agent/etcd.h"
#include "init/agent/etcd_list.h"
#include "init/agent/http.h"
#include "init/agent/pace.h"
#include "init/agent/query.h"
#include "init/agent/watch.h"
#include "init/log.h"

enum { WHY = 256, QUICK = 1000 /* ms: it rings without need */ };

struct follower {
	struct registry_question question;
	char who[24 + CONFIG_HEADER];
	struct exchange_request request;
	struct http http;
	struct etcd_list list;
	enum etcd_step step;
	bool broken; /* the list is not JSON */
	bool rung; /* something has changed */
	bool quick; /* at once */
	uint64_t digest; /* of the last list */
	unsigned churn; /* quick changes in a row without anything new */
	unsigned failures; /* in a row */
	unsigned turn; /* of its addresses */
	int64_t asked, listed; /* loop_now() */
	struct loop_timer timer;
};

static int64_t timeout;
static MEMORY_BULK struct follower followers[CONFIG_WATCHES];

static void ask_in(struct follower *f, int64_t delay) {
	loop_arm(&f->timer, delay > 0 ? delay : 0);
}

/* Other values than those of the first message that the watch was made. etcd's API, etcdserverpb,
 * WatchResponse; errors are the gateway's. */
static void heard(struct scanner *s, enum scanner_kind kind) {
	static const char *const news[] = { "result.events", "result.canceled", "error" };
	struct follower *f =
		LOOP_OWNER(LOOP_OWNER(s, struct etcd_list, scanner), struct follower, list);

	(void)kind;
	for (size_t i = 0; i < sizeof(news) / sizeof(*news); i++)
		f->broken |= strncmp(s->path, news[i], strlen(news[i])) == 0;
}

/* After a minute it is asked in any case: a connection can die without a word. */
static void follow(struct follower *f) {
	f->list.scanner.found = heard;
	f->list.scanner.part = NULL;
	scanner_begin(&f->list.scanner);
	f->rung = false;
	ask_in(f, pace_around(REGISTRY_WAIT));
	loop_rest();
}

static void ask(struct loop_timer *t) {
	struct follower *f = LOOP_OWNER(t, struct follower, timer);
	struct error e = { 0 };

	if (f->step == ETCD_FOLLOW) {
		f->http.exchange.cancel(&f->http.exchange);
		f->question.index = 0;
	}
	f->step = (enum etcd_step)etcd_ask(&f->question, &f->request, &e); /* it fitted before */
	f->asked = loop_now();
	f->broken = false;
	f->http.exchange.start(&f->http.exchange, &f->request,
			       f->step == ETCD_FOLLOW ? 2 * REGISTRY_WAIT : timeout);
	if (f->step == ETCD_FOLLOW)
		follow(f);
	else
		etcd_list_begin(&f->list);
}

/* What changes for others' sake, or to what it was, is looked at more and more seldom. */
static void ring(struct follower *f) {
	int64_t now = loop_now();

	if (f->rung)
		return;
	f->rung = true;
	f->quick = now - f->asked < QUICK;
	ask_in(f, (QUERY_SPACING << f->churn) - (now - f->listed));
}

static void take_piece(struct http *h, const char *bytes, size_t length) {
	struct follower *f = LOOP_OWNER(h, struct follower, http);

	if (h->response.status != 200 || f->step == ETCD_LOGIN)
		return;
	f->broken = scanner_feed(&f->list.scanner, bytes, length) < 0 || f->broken;
	if (f->step != ETCD_FOLLOW)
		return;
	f->failures = 0;
	if (f->broken) /* a second message is none of the same text */
		ring(f);
}

static void fail_with(struct follower *f, const char *why) {
	if (f->step != ETCD_FOLLOW)
		watch_fail((unsigned)(f - followers), why);
	else if (!f->failures)
		log_warn("%s: etcd does not tell of changes: %s; trying again", f->who, why);
	http_turn(&f->http, etcd_endpoint(++f->turn));
	ask_in(f, pace_backoff(f->failures++));
}

static void succeed(struct follower *f) {
	uint64_t digest = f->list.collector.list.digest;

	f->churn = digest != f->digest || !f->quick ? 0
		   : f->churn < QUERY_CHURN         ? f->churn + 1
						    : QUERY_CHURN;
	f->quick = false;
	f->digest = digest;
	f->listed = loop_now();
	f->question.index = f->list.revision;
	watch_take((unsigned)(f - followers), &f->list.collector.list);
	ask_in(f, 0);
}

/* A token that is over is nobody's failure, if the next one is not. */
static void go_on(struct follower *f) {
	bool first = f->step == ETCD_LOGIN || f->failures++ == 0;

	ask_in(f, first ? 0 : pace_backoff(f->failures));
}

static void refuse(struct follower *f, const struct exchange_reply *reply,
		   enum registry_verdict verdict) {
	char text[WHY];

	registry_explain(reply, text, sizeof(text));
	if (verdict == REGISTRY_REFUSED && f->failures)
		f->failures = PACE_NEVER_MIND;
	fail_with(f, text);
}

static void done(struct exchange *x, const struct exchange_reply *reply, const char *why) {
	struct follower *f =
		LOOP_OWNER(LOOP_OWNER(x, struct http, exchange), struct follower, http);
	enum registry_verdict verdict = reply ? etcd_judge(f->step, reply) : REGISTRY_FAILED;

	if (f->step == ETCD_FOLLOW && f->rung)
		return;
	if (!reply)
		fail_with(f, why);
	else if (verdict == REGISTRY_AGAIN)
		go_on(f);
	else if (verdict != REGISTRY_ACCEPTED)
		refuse(f, reply, verdict);
	else if (f->step == ETCD_FOLLOW)
		fail_with(f, "it has ended");
	else if (f->broken || !etcd_list_end(&f->list))
		fail_with(f, "its answer is no list");
	else
		succeed(f);
}

static void init(struct follower *f, const struct config *c, const struct config_watch *w,
		 const struct registry_access *a) {
	struct error e = { 0 };

	memset(f, 0, offsetof(struct follower, request));
	f->question.watch = w;
	f->timer.fire = ask;
	snprintf(f->who, sizeof(f->who), "watch %s", w->head.name);
	f->list.layout = c->discovery.layout;
	f->list.collector.who = f->who;
	f->list.collector.sorted = true;
	f->list.collector.wanted = w->tags;
	http_init(&f->http, etcd_endpoint(0), a->headers);
	f->http.exchange.done = done;
	f->http.piece = take_piece;
	f->http.response.limit = QUERY_BODY;
	if (etcd_ask(&f->question, &f->request, &e) < 0)
		watch_fail((unsigned)(f - followers), e.text);
	else
		ask_in(f, 0);
}

void etcd_watch_init(const struct config *c, const struct registry_access *a) {
	struct follower *f = followers;

	timeout = c->discovery.timeout;
	for (const struct config_watch *w = c->watches; w; w = w->head.next)
		init(f++, c, w, a);
}
