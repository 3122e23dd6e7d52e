# SPDX-License-Identifier: Apache-2.0
"""Networks for the tests of netcfg/, and what ip(8) and its like say of them. The fixtures are for
modules that import them."""
import re

import pytest

import helpers


@pytest.fixture
def wired(netns):
    """wired(): a namespace with eth0, down and without anything, whose other end is up. No
    link-local addresses, so that two of them can be compared."""
    other = netns()

    def make(name="eth0"):
        namespace = netns()
        plug(namespace, other, name)
        return namespace
    return make


def plug(namespace, other, name="eth0"):
    end = f"to{namespace.name.rsplit('-', 1)[1]}{name}"
    namespace.ip("link", "add", name, "type", "veth", "peer", "name", end, "netns", other.name)
    namespace.ip("link", "set", name, "addrgenmode", "none", "address", "02:00:00:00:00:01")
    other.ip("link", "set", end, "up")


@pytest.fixture
def traced(pintle, tmp_path):
    """traced(namespace, config, *words): the system calls on netlink of a run, as strace says."""
    def trace(namespace, config, *words):
        path = helpers.write_config(tmp_path, config)
        log = tmp_path / "trace"
        done = namespace.run("strace", "-f", "-o", log, "-e",
                             "trace=socket,sendto,sendmsg,recvfrom,recvmsg",
                             pintle, "-c", path, *words)
        assert done.returncode == 0, done.stderr
        return [line for line in log.read_text().splitlines() if "NETLINK" in line]
    return trace


def writes(calls):
    """Messages that would change something: not RTM_GET*, NLM_F_DUMP or what the kernel says."""
    return [call for call in calls if re.search(r"send(to|msg)\(", call)
            and re.search(r"RTM_(NEW|DEL|SET)", call)]


# Who made it, what is different in each namespace, and the qdisc: noop until a link was up once.
ASIDE = ("protocol", "ifindex", "link_index", "link_netnsid", "stats64", "qdisc", "link")
LOOK = ("addr show", "route show table all", "-6 route show table all", "rule show", "-6 rule show",
        "neigh show nud permanent")
SYSCTLS = ("ipv4/conf/{}/rp_filter", "ipv4/conf/{}/arp_notify", "ipv4/conf/{}/forwarding",
           "ipv6/conf/{}/accept_ra", "ipv6/conf/{}/keep_addr_on_down",
           "ipv4/neigh/{}/app_solicit")


def kernel_state(namespace):
    def known(item):
        if isinstance(item, list):
            return [known(one) for one in item if one]
        if isinstance(item, dict):
            return {key: known(value) for key, value in item.items()
                    if key not in ASIDE and not key.endswith("_timer")}
        return item
    state = {what: sorted(known(namespace.json(*what.split())), key=str) for what in LOOK}
    for link in state["addr show"]:
        link["addr_info"].sort(key=lambda address: (address["family"], address["local"]))
    fdb = namespace.run("bridge", "fdb", "show").stdout.splitlines()
    state["fdb"] = sorted(line for line in fdb if " dst " in line)
    for link in state["addr show"]:
        paths = ["/proc/sys/net/" + path.format(link["ifname"]) for path in SYSCTLS]
        state[link["ifname"]] = namespace.run("cat", *paths).stdout.split()
    return state


def same_state(ours, theirs):
    """A carrier and what comes with it take the kernel some time."""
    try:
        helpers.until(lambda: kernel_state(ours) == kernel_state(theirs), 3)
    except helpers.Late:
        assert kernel_state(ours) == kernel_state(theirs)


def settled(namespace, name="eth0"):
    """The state, once the link has its carrier and the routes that come with it."""
    helpers.until(lambda: namespace.json("link", "show", name)[0]["operstate"] != "DOWN" and
                  "ff00::/8 dev " + name in namespace.ip("-6", "route", "show", "table", "all"))
    return kernel_state(namespace)


def carry_out(namespace, plan):
    """What ip(8) reads, in its batches; what it can't do is a command behind a #."""
    batch = []
    for line in [*plan.splitlines(), "#"]:
        if not line.startswith("#"):
            batch.append(line)
            continue
        if batch:
            namespace.ip("-batch", "-", input="\n".join(batch) + "\n")
            batch = []
        if line != "#":
            done = namespace.run(*line[2:].split())
            assert done.returncode == 0, f"{line}: {done.stderr}"


@pytest.fixture
def prepared(wired):
    """prepared(lines): a namespace with eth0 and what these lines for ip(8) make."""
    def make(before):
        namespace = wired()
        namespace.run("sysctl", "-wq", "net.ipv6.conf.default.addr_gen_mode=1", check=True)
        if before:
            namespace.ip("-batch", "-", input="\n".join(before) + "\n")
        return namespace
    return make
