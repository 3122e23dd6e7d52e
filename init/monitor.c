/* SPDX-License-Identifier: Apache-2.0 */
#include "init/monitor.h"

#include <unistd.h>

#include "config/memory.h"
#include "config/writer.h"
#include "netcfg/decode.h"
#include "netcfg/event.h"
#include "netcfg/kernel.h"

static void tell(struct net_state *state, const char *datagram, size_t size, struct writer *w) {
	const struct nlmsghdr *message;
	char text[NET_OP_TEXT];

	/* It is our own buffer that the message lies in. */
	while ((message = net_next_message(&datagram, &size)) != NULL)
		if (net_event_text(state, (struct nlmsghdr *)(uintptr_t)message, text))
			writer_texts(w, text, "\n", NULL);
}

int monitor_run(struct net_state *state, struct error *e) {
	static MEMORY_BULK struct net_kernel events;
	static MEMORY_BULK struct config nothing;
	struct writer w = { .fd = STDOUT_FILENO };
	ssize_t n;

	events.fd = net_kernel_listen(true, e);
	if (events.fd < 0 || net_observe(state, &nothing, e) < 0)
		return -1;
	while ((n = net_kernel_events(&events, e)) >= 0) {
		if (n == 0)
			writer_text(&w, "# events were lost\n");
		tell(state, events.buffer, (size_t)n, &w);
		writer_flush(&w);
	}
	return -1;
}
