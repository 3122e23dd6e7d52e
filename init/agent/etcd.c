/* SPDX-License-Identifier: Apache-2.0 */
/* etcd's v3 API through its JSON gateway: a key for each service that passes, on a lease, so that
 * it goes when nobody renews it; at each heartbeat it is looked whether it is still there. A
 * service that is critical has no key: who reads them knows no states. The lease's number is made
 * of the key, so an agent that is started again, or a container with the same id, goes on with the
 * same lease and nothing has to be remembered. Of the answers it takes what it needs by its quoted
 * name: in a string of JSON a quote has a backslash before it, so nobody's value looks like one. */
#include "init/agent/etcd.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/error.h"
#include "config/memory.h"
#include "init/agent/base64.h"
#include "init/agent/secure.h"

enum {
	PORT = 2379,
	ENDPOINTS = 8,
	PREFIX = 256,
	LABEL = 63, /* RFC 1035, 2.3.4 */
	KEY = PREFIX + 4 * SERVICE_ID,
	VALUE = EXCHANGE_BODY / 4 * 3 - 2 * KEY, /* so that it fits when it is encoded */
};

enum question { LOGIN, GRANT, PUT, DELETE, KEEP, COUNT, REVOKE, FOLLOW };

static const char *const targets[] = {
	[LOGIN] = "/v3/auth/authenticate", [GRANT] = "/v3/lease/grant",    [PUT] = "/v3/kv/put",
	[DELETE] = "/v3/kv/deleterange",   [KEEP] = "/v3/lease/keepalive", [COUNT] = "/v3/kv/range",
	[REVOKE] = "/v3/lease/revoke",     [FOLLOW] = "/v3/watch",
};

static struct registry_access *access_found;
static MEMORY_BULK struct endpoint endpoints[ENDPOINTS];
static unsigned endpoints_count, endpoint;
static MEMORY_BULK char user[REGISTRY_TOKEN]; /* "": nobody in particular */
static const char *password;
static char prefix[PREFIX];
static enum config_layout layout;
static bool logged_in;
static enum question asked;
static bool has_key; /* the service that it was about should have one */

/* ---- Where and who ---- */

static int find_endpoints(const char *addresses, struct error *e) {
	char one[ENDPOINT_TEXT];
	size_t length;

	for (endpoints_count = 0;; addresses += length + 1) {
		length = strcspn(addresses, ",");
		if (endpoints_count == ENDPOINTS)
			return fail(e, "more than %d addresses", ENDPOINTS);
		if (snprintf(one, sizeof(one), "%.*s", (int)length, addresses) >= (int)sizeof(one))
			return fail(e, "'%s': an address is too long", addresses);
		if (endpoint_parse(&endpoints[endpoints_count++], one, PORT, e) < 0)
			return -1;
		if (endpoints[endpoints_count - 1].secure != endpoints[0].secure)
			return fail(e, "'%s': either all addresses are https or none", addresses);
		if (!addresses[length])
			return 0;
	}
}

const struct endpoint *etcd_endpoint(unsigned turn) {
	return &endpoints[turn % endpoints_count];
}

static void elsewhere(void) {
	endpoint = (endpoint + 1) % endpoints_count;
	access_found->endpoint = endpoints[endpoint];
}

/* As etcdctl takes them: ETCDCTL_USER may have the password behind a colon. */
static int find_user(const struct config_discovery *c, struct error *e) {
	const char *who = registry_setting(c->user, "ETCDCTL_USER");
	char *colon;

	logged_in = false;
	password = registry_setting(c->password, "ETCDCTL_PASSWORD");
	if (snprintf(user, sizeof(user), "%s", who ? who : "") >= (int)sizeof(user))
		return fail(e, "the user's name is longer than %d bytes", REGISTRY_TOKEN - 1);
	colon = c->user ? NULL : strchr(user, ':');
	if (colon) {
		*colon = '\0';
		password = c->password ? c->password : colon + 1;
	}
	if (*user && !password)
		return fail(e, "user %s has no password", user);
	return 0;
}

static int find_prefix(const struct config_discovery *c, struct error *e) {
	static const char *const presets[] = {
		[CONFIG_SKYDNS] = "/skydns/local/cluster",
		[CONFIG_REGISTRATOR] = "/services",
		[CONFIG_PLAIN] = "/services",
	};
	size_t length;

	layout = c->layout;
	length = (size_t)snprintf(prefix, sizeof(prefix), "%s",
				  c->prefix ? c->prefix : presets[layout]);
	if (length >= sizeof(prefix))
		return fail(e, "the prefix is longer than %d bytes", PREFIX - 1);
	while (length && prefix[length - 1] == '/')
		prefix[--length] = '\0';
	return 0;
}

static int open_etcd(struct registry_access *access, const struct config_discovery *c,
		     struct error *e) {
	static const struct secure_variables variables = {
		.authorities = "ETCDCTL_CACERT",
		.certificate = "ETCDCTL_CERT",
		.key = "ETCDCTL_KEY",
	};
	const char *addresses = registry_setting(c->address, "ETCDCTL_ENDPOINTS");

	access_found = access;
	access->headers[0] = '\0';
	if (find_endpoints(addresses ? addresses : "127.0.0.1", e) < 0 || find_user(c, e) < 0 ||
	    secure_find(&access->tls, c, &variables, e) < 0)
		return -1;
	endpoint = 0;
	access->endpoint = endpoints[0];
	return find_prefix(c, e);
}

/* ---- The key, its value and its lease ---- */

static const uint64_t basis = 14695981039346656037U; /* of FNV-1a, as the prime below */

static uint64_t hash(uint64_t so_far, const char *text) {
	for (; *text; text++)
		so_far = (so_far ^ (uint8_t)*text) * 1099511628211U;
	return so_far;
}

/* As a label in DNS, in the lower case in which CoreDNS looks for it. What is too long is cut, and
 * told from others by its hash. */
static void make_label(char *text) {
	char *end = text + strlen(text);

	if (end - text > LABEL)
		snprintf(text + LABEL - 17, 18, "-%016" PRIx64, hash(basis, text));
	for (; *text; text++)
		*text = isalnum((unsigned char)*text) || *text == '_'
				? (char)tolower((unsigned char)*text)
				: '-';
}

static int add_part(char key[KEY], const char *text, struct error *e) {
	char part[SERVICE_ID];

	if (snprintf(part, sizeof(part), "%s", text) >= (int)sizeof(part))
		return fail(e, "its name has more than %d bytes", SERVICE_ID - 1);
	if (layout == CONFIG_SKYDNS)
		make_label(part);
	return registry_encode(key, KEY, "/", "/") < 0 || registry_encode(key, KEY, part, ":@") < 0
		       ? fail(e, "its key is too long")
		       : 0;
}

static int write_key(const struct service *s, char key[KEY], struct error *e) {
	memcpy(key, prefix, sizeof(prefix));
	return add_part(key, s->name, e) < 0 ? -1 : add_part(key, s->id, e);
}

/* A lease that was made for another ttl keeps it, so it is not for us. CoreDNS takes the lower half
 * of a lease's number for seconds, and the least of that and the value's ttl: so it is large. */
static int64_t lease_of(const struct service *s, const char *key) {
	char ttl[24];

	snprintf(ttl, sizeof(ttl), "%lld", (long long)s->config->ttl);
	return (int64_t)((hash(hash(basis, key), ttl) & INT64_MAX) | 0x80000000U);
}

/* ---- Asking ---- */

static void write_coded(struct json *j, const char *name, const char *text) {
	static MEMORY_BULK char coded[BASE64_SIZE(VALUE)];

	base64_encode(text, strlen(text), coded);
	json_text(j, name, coded);
}

static enum question choose(enum registry_task task, const struct registry_entry *entry) {
	if (*user && !logged_in)
		return LOGIN;
	switch (task) {
	case REGISTRY_ANNOUNCE:
		if (entry->step == 0)
			return GRANT;
		break;
	case REGISTRY_RENEW:
		return entry->step == 0 ? KEEP : COUNT;
	case REGISTRY_WITHDRAW:
		return REVOKE;
	case REGISTRY_REACH:
		return COUNT;
	case REGISTRY_REPORT:
	case REGISTRY_TASKS:
		break;
	}
	return entry->passing ? PUT : DELETE;
}

static void write_login(struct json *j) {
	json_text(j, "name", user);
	json_text(j, "password", password);
}

static int write_question(struct json *j, const struct registry_entry *entry, struct error *e) {
	static MEMORY_BULK char value[VALUE];
	char key[KEY];
	int64_t lease;

	if (write_key(entry->service, key, e) < 0)
		return -1;
	lease = lease_of(entry->service, key);
	switch (asked) {
	case LOGIN:
		write_login(j);
		break;
	case GRANT:
		json_number(j, "TTL", (entry->service->config->ttl + 999) / 1000);
		json_number(j, "ID", lease);
		break;
	case PUT:
		if (!etcd_write_value(layout, entry, value, sizeof(value)))
			return fail(e, "its tags and meta need more than %d bytes", VALUE);
		write_coded(j, "value", value);
		json_number(j, "lease", lease);
		write_coded(j, "key", key);
		break;
	case COUNT:
		json_flag(j, "count_only", true);
		write_coded(j, "key", key);
		break;
	case DELETE:
		write_coded(j, "key", key);
		break;
	case KEEP:
	case REVOKE:
	case FOLLOW:
		json_number(j, "ID", lease);
		break;
	}
	return 0;
}

static void begin(struct json *j, enum question what, struct exchange_request *request) {
	request->method = "POST";
	snprintf(request->target, sizeof(request->target), "%s", targets[what]);
	json_begin(j, request->body, sizeof(request->body));
	json_object(j, NULL);
}

static int write_request(enum registry_task task, const struct registry_entry *entry,
			 struct exchange_request *request, struct error *e) {
	struct json j;

	asked = choose(task, entry);
	has_key = entry->passing;
	begin(&j, asked, request);
	if (write_question(&j, entry, e) < 0)
		return -1;
	json_object_end(&j);
	return registry_finish(&j, request, e);
}

/* From one key to before another one: those that begin with what ends in a slash. */
static void write_range(struct json *j, const struct registry_question *q, char *key) {
	if (q->index) {
		json_object(j, "create_request");
		json_number(j, "start_revision", (long long)q->index + 1);
	}
	write_coded(j, "key", key);
	key[strlen(key) - 1]++;
	write_coded(j, "range_end", key);
	if (q->index)
		json_object_end(j);
}

int etcd_ask(const struct registry_question *q, struct exchange_request *request, struct error *e) {
	bool login = *user && !logged_in;
	char key[KEY];
	struct json j;

	memcpy(key, prefix, sizeof(prefix));
	if (add_part(key, registry_service(q->watch), e) < 0)
		return -1;
	if (registry_encode(key, KEY, "/", "/") < 0)
		return fail(e, "its key is too long");
	begin(&j, login ? LOGIN : q->index ? FOLLOW : COUNT, request);
	if (login)
		write_login(&j);
	else
		write_range(&j, q, key);
	json_object_end(&j);
	if (registry_finish(&j, request, e) < 0)
		return -1;
	return login ? ETCD_LOGIN : q->index ? ETCD_FOLLOW : ETCD_LIST;
}

/* ---- Being answered ---- */

static MEMORY_BULK char said[REGISTRY_TOKEN + 256]; /* the beginning of the answer */

static void hear(const struct exchange_reply *reply) {
	size_t length = reply->length < sizeof(said) ? reply->length : sizeof(said) - 1;

	memcpy(said, reply->body, length);
	said[length] = '\0';
}

/* Where nobody has to log in, nobody has to. */
static enum registry_verdict take_token(int status) {
	static const char name[] = "\"token\":\"";
	char *token = strstr(said, name);
	struct error e = { 0 };

	logged_in = status == 200 || strstr(said, "authentication is not enabled");
	if (!logged_in)
		return registry_judge(status);
	if (!token)
		return REGISTRY_AGAIN;
	token += sizeof(name) - 1;
	token[strcspn(token, "\"")] = '\0';
	logged_in = registry_set_header(access_found, "Authorization", token, &e) == 0;
	return logged_in ? REGISTRY_AGAIN : REGISTRY_REFUSED;
}

/* A simple token lasts five minutes, and no token outlives a change of users and roles. */
static bool is_outdated(void) {
	return *user && (strstr(said, "invalid auth token") || strstr(said, "auth store is old") ||
			 strstr(said, "user name is empty"));
}

static enum registry_verdict log_in_again(void) {
	logged_in = false;
	access_found->headers[0] = '\0';
	return REGISTRY_AGAIN;
}

/* A lease that is over has no time to live, and where nothing is found, there is no count. Who may
 * not look does not know. */
static enum registry_verdict judge_renewal(enum registry_verdict verdict) {
	if (asked == COUNT && verdict == REGISTRY_REFUSED)
		return REGISTRY_ACCEPTED;
	if (verdict != REGISTRY_ACCEPTED)
		return verdict;
	if (!strstr(said, asked == KEEP ? "\"TTL\":\"" : "\"count\":\""))
		return REGISTRY_LOST;
	return asked == KEEP && has_key ? REGISTRY_MORE : REGISTRY_ACCEPTED;
}

static enum registry_verdict judge(enum registry_task task, const struct exchange_reply *reply) {
	enum registry_verdict verdict = registry_judge(reply->status);

	hear(reply);
	if (asked == LOGIN)
		return take_token(reply->status);
	if (verdict == REGISTRY_REFUSED && is_outdated())
		return log_in_again();
	if (task == REGISTRY_REACH) /* who may write need not be one who may read */
		return reply->status == 403 ? REGISTRY_ACCEPTED : verdict;
	if (asked == GRANT && (verdict == REGISTRY_ACCEPTED || strstr(said, "already exists")))
		return REGISTRY_MORE;
	if (strstr(said, "lease not found"))
		return task == REGISTRY_WITHDRAW ? REGISTRY_ACCEPTED : REGISTRY_LOST;
	return asked == KEEP || asked == COUNT ? judge_renewal(verdict) : verdict;
}

enum registry_verdict etcd_judge(enum etcd_step step, const struct exchange_reply *reply) {
	enum registry_verdict verdict = registry_judge(reply->status);

	hear(reply);
	if (step == ETCD_LOGIN)
		return take_token(reply->status);
	return verdict == REGISTRY_REFUSED && is_outdated() ? log_in_again() : verdict;
}

const struct registry registry_etcd = {
	.name = "etcd",
	.open = open_etcd,
	.write = write_request,
	.judge = judge,
	.elsewhere = elsewhere,
};
