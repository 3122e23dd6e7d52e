/* SPDX-License-Identifier: Apache-2.0 */
#include "init/names.h"

#include "config/config.h"
#include "init/log.h"
#include "netcfg/etc.h"

int names_set_up(const struct config *c, struct error *e) {
	bool may_write = c->net.mode != CONFIG_MODE_VERIFY;
	struct error odd = { 0 };

	if (c->net.mode == CONFIG_MODE_LEAVE)
		return 0;
	if (net_etc(c, may_write, &odd, e) < 0 && c->net.on_error == CONFIG_WARN) {
		log_warn("%s", e->text);
		*e = (struct error){ 0 };
	}
	if (odd.len)
		log_warn("%s", odd.text);
	return e->len ? -1 : 0;
}
