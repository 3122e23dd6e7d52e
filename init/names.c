/* SPDX-License-Identifier: Apache-2.0 */
#include "init/names.h"

#include "config/config.h"
#include "init/log.h"
#include "netcfg/etc.h"

static bool may_write(const struct config *c) {
	return c->net.mode != CONFIG_MODE_VERIFY;
}

int names_set_up(const struct config *c, struct error *e) {
	struct error odd = { 0 };

	if (c->net.mode == CONFIG_MODE_LEAVE)
		return 0;
	if (net_etc(c, may_write(c), &odd, e) < 0 && c->net.on_error == CONFIG_WARN) {
		log_warn("%s", e->text);
		*e = (struct error){ 0 };
	}
	if (odd.len)
		log_warn("%s", odd.text);
	return e->len ? -1 : 0;
}

void names_follow(const struct config *c) {
	static bool failed;
	struct error e = { 0 };

	if (!c->hosts.list || c->net.mode == CONFIG_MODE_LEAVE ||
	    net_etc_hosts_again(c, may_write(c), &e) == 0)
		return;
	if (!failed)
		log_warn("%s", e.text);
	failed = true;
}
