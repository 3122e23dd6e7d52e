/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of a program that configures a network: `bare COUNT PROGRAM` reads what pintle reads of
 * the kernel, sends what pintle sends, as it sends it: all in one go, with one acknowledgement.
 * Gives eth0 COUNT addresses, takes it up, adds COUNT routes (1: the default one), checks its
 * carrier; then starts the program, waits for it, and ends with its status. Knows nothing of
 * settings, nor of what may go wrong. Linked static against musl and libmnl. */
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

enum { NET = 10 << 24 | 99 << 16, TO = 10 << 24 | 98 << 16, PROTOCOL = 200, BATCH = 200 };

static struct mnl_socket *kernel;
static int eth0;
static _Alignas(8) char buffer[32768];
static struct nlmsghdr *message; /* the last one that was begun */
static unsigned messages;

static void *begin(uint16_t type, uint16_t flags, size_t header) {
	char *next = message ? (char *)message + MNL_ALIGN(message->nlmsg_len) : buffer;
	message = mnl_nlmsg_put_header(next);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++messages;
	return mnl_nlmsg_put_extra_header(message, header);
}

/* Until an error, an acknowledgement, or the end of a dump. */
static void receive(void (*each)(const struct nlmsghdr *)) {
	for (;;) {
		ssize_t size = mnl_socket_recvfrom(kernel, buffer, sizeof buffer);
		int left = (int)size;
		if (size < 0)
			_exit(1);
		for (const struct nlmsghdr *m = (void *)buffer; mnl_nlmsg_ok(m, left);
		     m = mnl_nlmsg_next(m, &left)) {
			if (m->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)(m + 1))->error)
				_exit(1);
			if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE)
				return;
			each(m);
		}
	}
}

static void send_all(void) {
	size_t size = (size_t)((char *)message - buffer) + MNL_ALIGN(message->nlmsg_len);
	if (mnl_socket_sendto(kernel, buffer, size) < 0)
		_exit(1);
	message = NULL;
}

static int name_seen(const struct nlattr *attribute, void *name) {
	if (mnl_attr_get_type(attribute) == IFLA_IFNAME)
		*(const char **)name = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static void link_seen(const struct nlmsghdr *m) {
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(m);
	const char *name = "";
	mnl_attr_parse(m, sizeof *link, name_seen, &name);
	if (name[0] == 'e')
		eth0 = link->ifi_index;
}

static int any_seen(const struct nlattr *attribute, void *count) {
	*(unsigned *)count += mnl_attr_get_type(attribute);
	return MNL_CB_OK;
}

static void address_seen(const struct nlmsghdr *m) {
	unsigned count = 0;
	mnl_attr_parse(m, sizeof(struct ifaddrmsg), any_seen, &count);
}

static void route_seen(const struct nlmsghdr *m) {
	unsigned count = 0;
	mnl_attr_parse(m, sizeof(struct rtmsg), any_seen, &count);
}

static void read_kernel(void) {
	begin(RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	send_all();
	receive(link_seen);
	begin(RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	send_all();
	receive(address_seen);
	struct rtmsg *route = begin(RTM_GETROUTE, NLM_F_DUMP, sizeof *route);
	route->rtm_family = AF_INET;
	route->rtm_table = RT_TABLE_MAIN;
	send_all();
	receive(route_seen);
}

static void put_address(unsigned n) {
	struct ifaddrmsg *address =
		begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof *address);
	address->ifa_family = AF_INET;
	address->ifa_prefixlen = 24;
	address->ifa_index = (unsigned)eth0;
	mnl_attr_put_u32(message, IFA_LOCAL, htonl(NET | n << 8 | 2));
	mnl_attr_put_u32(message, IFA_ADDRESS, htonl(NET | n << 8 | 2));
	mnl_attr_put_u8(message, IFA_PROTO, PROTOCOL);
}

static void put_up(void) {
	struct ifinfomsg *link = begin(RTM_NEWLINK, 0, sizeof *link);
	link->ifi_index = eth0;
	link->ifi_flags = link->ifi_change = IFF_UP;
}

static void put_route(unsigned n, unsigned count) {
	struct rtmsg *route = begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *route);
	route->rtm_family = AF_INET;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = PROTOCOL;
	route->rtm_type = RTN_UNICAST;
	if (count > 1) {
		route->rtm_dst_len = 24;
		mnl_attr_put_u32(message, RTA_DST, htonl(TO | n << 8));
	}
	mnl_attr_put_u32(message, RTA_GATEWAY, htonl(NET | 1));
	mnl_attr_put_u32(message, RTA_OIF, (uint32_t)eth0);
}

static void ask_for_carrier(void) {
	struct ifinfomsg *link = begin(RTM_GETLINK, 0, sizeof *link);
	link->ifi_index = eth0;
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

static void configure(unsigned count) {
	for (unsigned n = 0; n < count; n++)
		put_address(n);
	put_up();
	for (unsigned n = 0; n < count; n++)
		put_route(n, count);
	ask_for_carrier();
	message->nlmsg_flags |= NLM_F_ACK;
	send_all();
	receive(link_seen);
}

int main(int argc, char **argv) {
	int status = 0;
	kernel = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (argc < 3 || !kernel)
		return 1;
	read_kernel();
	if (!eth0)
		return 1;
	configure((unsigned)strtoul(argv[1], NULL, 10));
	mnl_socket_close(kernel);
	if (vfork() == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	(void)wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
