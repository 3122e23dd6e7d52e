/* SPDX-License-Identifier: Apache-2.0 */
#include "init/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "init/handover.h"
#include "init/holder.h"
#include "init/log.h"
#include "init/port_number.h"

enum { HIGHEST = 65535 };

/* All mistakes at once; nothing is bound yet. */
static int choose_all(struct port_list *list, const struct config *c, char *const *environment,
		      struct error *e) {
	int result = 0;

	for (const struct config_port *p = c->ports; p; p = p->head.next) {
		struct port *port = &list->items[list->count];

		if (list->count == PORT_MAX)
			return fail(e, "port %s: more than %d ports", p->head.name, PORT_MAX);
		*port = (struct port){ .config = p, .claim = { -1, -1 } };
		if (port_number_choose(port, list->count++, environment, e) < 0)
			result = -1;
	}
	return result;
}

static bool same(const struct port *a, const struct port *b) {
	return a->number == b->number && a->number != CONFIG_PORT_AUTO &&
	       a->config->protocol == b->config->protocol &&
	       a->config->taken == CONFIG_TAKEN_FAIL && b->config->taken == CONFIG_TAKEN_FAIL &&
	       memcmp(&a->config->bind, &b->config->bind, sizeof(a->config->bind)) == 0;
}

static int check_doubles(const struct port_list *list, struct error *e) {
	int result = 0;

	for (unsigned i = 0; i < list->count; i++)
		for (unsigned j = 0; j < i; j++)
			if (same(&list->items[i], &list->items[j]))
				result = fail(e, "port %s: %u/%s is that of port %s already",
					      list->items[i].config->head.name,
					      list->items[i].number,
					      holder_protocol(list->items[i].config->protocol),
					      list->items[j].config->head.name);
	return result;
}

static bool hold(const struct config_port *c, bool any) {
	return c->reserve == CONFIG_YES || (c->reserve == CONFIG_AUTO && any);
}

/* What has to be done for a number: any says that there are others. The lock is taken also for a
 * fixed number, so that a sibling whose application is slow to listen is seen; "reserve = no" and
 * "share" do without. */
static struct claim_wish wish_for(const struct config_port *c, uint16_t n, bool any) {
	return (struct claim_wish){
		.protocol = c->protocol,
		.bind = &c->bind,
		.number = n,
		.lock = any || (c->reserve != CONFIG_NO && !c->share),
		.hold = hold(c, any || c->taken == CONFIG_TAKEN_NEXT),
		.serve = c->handover == CONFIG_SOCKET,
		.share = c->share,
		.any = any,
	};
}

/* Keeps errno for the message. */
static int not_to_be_had(const struct config_port *c, uint16_t n, struct error *e) {
	char address[INET6_ADDRSTRLEN] = "::";

	if (c->bind.family)
		inet_ntop(c->bind.family, c->bind.bytes, address, sizeof(address));
	(void)fail(e, "port %s: %u/%s on %s: %m", c->head.name, n, holder_protocol(c->protocol),
		   address);
	return PORT_TAKEN;
}

/* Who has the number: the one who listens, else the sibling whose application is going to. */
static void describe_holder(const struct claim_wish *wish, char *text, size_t size) {
	char address[INET6_ADDRSTRLEN];
	struct holder holder = { .address = *wish->bind };
	bool listens = holder_identify(wish->protocol, wish->number, wish->bind, &holder);
	bool sibling = !listens && claim_sibling(wish, &holder);

	inet_ntop(holder.address.family ? holder.address.family : AF_INET6, holder.address.bytes,
		  address, sizeof(address));
	if (holder.pid)
		snprintf(text, size, "%s by pid %d (%s)", address, (int)holder.pid, holder.name);
	else if (listens)
		snprintf(text, size, "%s by a process not visible here (uid %u)", address,
			 holder.uid);
	else
		snprintf(text, size, "%s by a %s not visible here", address,
			 sibling ? "pintle" : "process");
}

static int taken(const struct config_port *c, const struct claim_wish *wish, struct error *e) {
	char holder[128];

	describe_holder(wish, holder, sizeof(holder));
	(void)fail(e, "port %s: %u/%s is taken on %s", c->head.name, wish->number,
		   holder_protocol(c->protocol), holder);
	return PORT_TAKEN;
}

/* Nobody listens, so it counts as free; whether the application can bind it is for it to see,
 * unless it waits for us to do so. */
static int busy(const struct port *port, struct error *e) {
	struct error why = { 0 };

	(void)fail(&why,
		   "port %s: %u/%s can't be bound yet: connections of an earlier process remain",
		   port->config->head.name, port->number, holder_protocol(port->config->protocol));
	if (port->config->handover == CONFIG_SOCKET)
		return fail(e, "%s", why.text), PORT_TAKEN;
	return log_warn("%s", why.text), 0;
}

/* The first number from at on that is free; after the range's last comes its first. */
static int take_first_free(struct port *port, struct config_range range, uint16_t at,
			   struct error *e) {
	for (unsigned tries = range.last - range.first + 1u; tries; tries--) {
		struct claim_wish wish = wish_for(port->config, at, true);

		switch (claim_take(&port->claim, &wish)) {
		case CLAIM_FREE:
		case CLAIM_BUSY:
			port->number = at;
			return 0;
		case CLAIM_FAILED:
			return not_to_be_had(port->config, at, e);
		case CLAIM_TAKEN:
			at = at == range.last ? range.first : at + 1;
			break;
		}
	}
	(void)fail(e, "port %s: no %s port from %u to %u is free", port->config->head.name,
		   holder_protocol(port->config->protocol), range.first, range.last);
	return PORT_TAKEN;
}

/* Somewhere in the range: siblings that start at once do not try the same numbers, and one that
 * follows another does not get its number while somebody may still connect to it. */
static uint16_t somewhere(struct config_range range) {
	struct timespec now;
	uint32_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		random = (uint32_t)now.tv_nsec;
	}
	return (uint16_t)(range.first + random % (range.last - range.first + 1u));
}

static int settle_next(struct port *port, const struct claim_wish *wish, struct error *e) {
	struct config_range after = { (uint16_t)(wish->number + 1), HIGHEST };

	if (wish->number == HIGHEST)
		return taken(port->config, wish, e);
	return take_first_free(port, after, after.first, e);
}

static int settle_fixed(struct port *port, struct error *e) {
	struct claim_wish wish = wish_for(port->config, port->number, false);

	wish.lock |= port->config->taken == CONFIG_TAKEN_NEXT;
	switch (claim_take(&port->claim, &wish)) {
	case CLAIM_FREE:
		return 0;
	case CLAIM_BUSY:
		if (port->config->taken == CONFIG_TAKEN_NEXT)
			return claim_release(&port->claim), settle_next(port, &wish, e);
		return busy(port, e);
	case CLAIM_FAILED:
		return not_to_be_had(port->config, port->number, e);
	case CLAIM_TAKEN:
		break;
	}
	return port->config->taken == CONFIG_TAKEN_NEXT ? settle_next(port, &wish, e)
							: taken(port->config, &wish, e);
}

/* Those that have no choice come first, so that no other port of the file takes their number. */
enum urgency { FIXED, FIXED_OR_NEXT, AUTOMATIC, URGENCIES };

static enum urgency urgency(const struct port *port) {
	if (port->number == CONFIG_PORT_AUTO)
		return AUTOMATIC;
	return port->config->taken == CONFIG_TAKEN_NEXT ? FIXED_OR_NEXT : FIXED;
}

static int settle(struct port *port, enum urgency how, struct error *e) {
	struct config_range range = port->config->range;

	return how == AUTOMATIC ? take_first_free(port, range, somewhere(range), e)
				: settle_fixed(port, e);
}

/* In the order of the file, and not in that of settling. */
static void hand_over(struct port_list *list) {
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i].config->handover == CONFIG_SOCKET)
			handover_take(&list->items[i].claim.socket);
}

static int settle_all(struct port_list *list, struct error *e) {
	enum urgency how[PORT_MAX];
	int result = 0;

	for (unsigned i = 0; i < list->count; i++)
		how[i] = urgency(&list->items[i]);
	for (enum urgency now = FIXED; now < URGENCIES; now++)
		for (unsigned i = 0; i < list->count; i++)
			if (how[i] == now && settle(&list->items[i], now, e) != 0)
				result = PORT_TAKEN;
	return result;
}

int port_resolve(struct port_list *list, const struct config *c, char *const *environment,
		 struct error *e) {
	int result;

	list->count = 0;
	list->plain_unset = !port_number_text(environment, "PORT");
	if (choose_all(list, c, environment, e) < 0 || check_doubles(list, e) < 0)
		return -1;
	result = settle_all(list, e);
	if (result != 0)
		port_release(list);
	else
		hand_over(list);
	return result;
}

int port_guess(struct port_list *list, const struct config *c, char *const *environment,
	       struct error *e) {
	int result = 0;

	list->count = 0;
	list->plain_unset = !port_number_text(environment, "PORT");
	if (choose_all(list, c, environment, e) < 0 || check_doubles(list, e) < 0)
		return -1;
	for (unsigned i = 0; i < list->count && result == 0; i++)
		if (urgency(&list->items[i]) == AUTOMATIC)
			result = settle(&list->items[i], AUTOMATIC, e);
	port_release(list);
	return result;
}

void port_release(struct port_list *list) {
	for (unsigned i = 0; i < list->count; i++)
		claim_release(&list->items[i].claim);
}

const struct port *port_find(const struct port_list *list, const char *name) {
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->items[i].config->head.name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* PORT stays what it is unless a port was read from it, or nothing was there. */
static bool gets_plain(const struct port_list *list, unsigned i) {
	return strcmp(list->items[i].variable, "PORT") == 0 || (i == 0 && list->plain_unset);
}

void port_export(const struct port_list *list,
		 void (*add)(void *context, const char *name, const char *value), void *context) {
	for (unsigned i = 0; i < list->count; i++) {
		const struct port *port = &list->items[i];
		char name[PORT_VARIABLE], value[sizeof("65535")];

		snprintf(value, sizeof(value), "%u", port->number);
		port_variable("PORT_", port->config->head.name, name, sizeof(name));
		add(context, name, value);
		if (gets_plain(list, i))
			add(context, "PORT", value);
		for (const struct config_word *w = port->config->export; w; w = w->head.next)
			add(context, w->text, value);
	}
}
