/* SPDX-License-Identifier: Apache-2.0 */
#include "init/control.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/control_place.h"
#include "init/control_socket.h"
#include "init/log.h"
#include "init/loop.h"

enum { PREFIX = sizeof("255 ") - 1, BACKLOG = 16, BREATHER = 100 /* ms */ };

/* One who asks. */
struct client {
	struct loop_watch watch; /* fd -1: this place is free */
	struct loop_timer timer;
	size_t have; /* of the request */
	char request[CONTROL_LINE];
	const char *rest; /* of the answer; NULL while there is none */
	size_t left;
};

/* The answers are kept, as the kernel may not take one all at once; here, apart from the clients,
 * so that memory is touched only for what is asked. */
static MEMORY_BULK char answers[CONTROL_CLIENTS][PREFIX + CONTROL_ANSWER];

static struct loop_watch door = { .fd = -1 };

/* On one page. */
static MEMORY_BULK struct {
	alignas(MEMORY_PAGE) struct loop_timer
		breather; /* until listening again, where there were no descriptors */
	bool listening; /* in the loop */
	struct client clients[CONTROL_CLIENTS];
	unsigned busy;
	control_answer *answer;
	unsigned long namespace;
	struct sockaddr_un name;
	struct stat file;
} server;

static void listen_for_clients(void) {
	if (door.fd < 0 || server.listening || server.busy == CONTROL_CLIENTS)
		return;
	server.listening = loop_watch(&door, EPOLLIN) == 0;
}

/* Whoever comes waits in the kernel's queue. */
static void listen_no_more(void) {
	loop_forget(&door);
	server.listening = false;
}

static void dismiss(struct client *client) {
	loop_disarm(&client->timer);
	loop_forget(&client->watch);
	close(client->watch.fd);
	client->watch.fd = -1;
	server.busy--;
	listen_for_clients();
}

static void too_slow(struct loop_timer *timer) {
	dismiss(LOOP_OWNER(timer, struct client, timer));
}

static void reply(struct client *client) {
	ssize_t n = send(client->watch.fd, client->rest, client->left, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN) {
		dismiss(client);
		return;
	}
	if (n > 0) {
		client->rest += n;
		client->left -= (size_t)n;
	}
	if (client->left == 0 || loop_rewatch(&client->watch, EPOLLOUT) < 0)
		dismiss(client);
}

/* The text is written first, then its status in front of it. */
static void tell(struct client *client, enum control_request request, const char *name) {
	char *text = answers[client - server.clients] + PREFIX, prefix[PREFIX + 1];
	int status = server.answer(request, name, text, CONTROL_ANSWER);
	size_t len = (size_t)snprintf(prefix, sizeof(prefix), "%d ", status & 0xff);

	client->rest = memcpy(text - len, prefix, len);
	client->left = len + strlen(text);
	reply(client);
}

static void send_elsewhere(struct client *client) {
	client->rest = CONTROL_ELSEWHERE;
	client->left = sizeof(CONTROL_ELSEWHERE) - 1;
	reply(client);
}

/* Without /proc nobody can tell. */
static bool is_elsewhere(const char *namespace) {
	char *end;
	unsigned long number = strtoul(namespace, &end, 10);

	if (end == namespace || *end)
		return true;
	return number && server.namespace && number != server.namespace;
}

/* The word after the first blank, which becomes the end of what stands before; NULL: none. */
static char *split(char *line) {
	char *blank = line ? strchr(line, ' ') : NULL;

	if (!blank)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

/* The line has lost its newline. Nonsense gets no answer. */
static void obey(struct client *client, char *line) {
	char *namespace = split(line), *name = split(namespace);

	for (enum control_request r = 0; r < CONTROL_REQUESTS; r++) {
		if (strcmp(line, control_word(r)) != 0)
			continue;
		if (namespace && is_elsewhere(namespace))
			send_elsewhere(client);
		else
			tell(client, r, name);
		return;
	}
	dismiss(client);
}

/* A line, the whole line, and nothing but the line. */
static bool is_line(const struct client *client, const char *end) {
	return end && end + 1 == client->request + client->have &&
	       !memchr(client->request, '\0', client->have);
}

static void receive(struct client *client) {
	char *end, *to = client->request + client->have;
	ssize_t n =
		recv(client->watch.fd, to, sizeof(client->request) - client->have, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		client->have += (size_t)n;
	end = memchr(client->request, '\n', client->have);
	if (is_line(client, end)) {
		*end = '\0';
		obey(client, client->request);
	} else if (n <= 0 || end || client->have == sizeof(client->request)) {
		dismiss(client);
	}
}

static void client_ready(struct loop_watch *watch, uint32_t events) {
	struct client *client = LOOP_OWNER(watch, struct client, watch);

	(void)events;
	if (client->rest)
		reply(client);
	else
		receive(client);
}

/* A line of at most CONTROL_LINE and an answer: both fit into the kernel's buffers, as a rule. */
static void welcome(int fd) {
	struct client *client = server.clients;
	int size = 2 * CONTROL_ANSWER;

	while (client->watch.fd >= 0)
		client++;
	client->watch = (struct loop_watch){ .fd = fd, .ready = client_ready };
	client->timer.fire = too_slow;
	client->have = 0;
	client->rest = NULL;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	server.busy++;
	loop_arm(&client->timer, CONTROL_PATIENCE);
	if (loop_watch(&client->watch, EPOLLIN) < 0)
		dismiss(client);
	else if (server.busy == CONTROL_CLIENTS)
		listen_no_more();
}

static bool is_allowed(int fd) {
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* Where descriptors or memory are short, to try again at once would be a busy loop. */
static void accept_client(struct loop_watch *watch, uint32_t events) {
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0 && is_allowed(fd)) {
		welcome(fd);
	} else if (fd >= 0) {
		close(fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		listen_no_more();
		loop_arm(&server.breather, BREATHER);
	}
}

static void breathed(struct loop_timer *timer) {
	(void)timer;
	listen_for_clients();
}

static int serve(int fd, const struct sockaddr_un *name, control_answer *answer) {
	door = (struct loop_watch){ .fd = fd, .ready = accept_client };
	server.breather.fire = breathed;
	server.answer = answer;
	server.name = *name;
	server.namespace = control_namespace();
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		server.clients[i].watch.fd = -1;
	if (lstat(name->sun_path, &server.file) < 0)
		server.file.st_ino = 0;
	listen_for_clients();
	log_debug("control: listening on %s", name->sun_path);
	return 0;
}

int control_open(const struct config_control *c, control_answer *answer, struct error *e) {
	struct control_places places;
	struct error why = { 0 };

	if (control_place(&places, c, e) < 0)
		return -1;
	for (unsigned i = 0; i < places.count; i++) {
		int fd = control_socket(&places.names[i], BACKLOG);

		if (fd >= 0)
			return serve(fd, &places.names[i], answer);
		(void)fail(&why, "%s: %m", places.names[i].sun_path);
	}
	if (places.chosen)
		return fail(e, "%s", why.text);
	if (places.count)
		log_warn("control: there is no socket: %s", why.text);
	return 0;
}

/* Somebody may have put another file in its place. */
void control_close(void) {
	struct stat now;

	if (door.fd < 0)
		return;
	loop_disarm(&server.breather);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (server.clients[i].watch.fd >= 0)
			dismiss(&server.clients[i]);
	if (lstat(server.name.sun_path, &now) == 0 && now.st_dev == server.file.st_dev &&
	    now.st_ino == server.file.st_ino)
		(void)unlink(server.name.sun_path);
	listen_no_more();
	close(door.fd);
	door.fd = -1;
}
