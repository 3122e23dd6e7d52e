# SPDX-License-Identifier: Apache-2.0
"""[net] reconcile, and --monitor: what happens to the network while the application runs."""
import re
import subprocess
import time

import pytest

import helpers
from helpers_netcfg import wired  # noqa: F401 (fixture)

CONFIG = """
    [net]
    reconcile = {}
    [interface eth0]
    address = 10.0.0.2/24
    address = fd00::2/64
    gateway = 10.0.0.1
    route = 10.5.0.0/16 via 10.0.0.9
    neighbour = 10.0.0.9 02:00:00:00:00:09
    rule = from 10.0.0.2 table 100
    mtu = 1400
"""
DAMAGES = {
    "link down and up": ["link set eth0 down", "link set eth0 up"],
    "link down": ["link set eth0 down"],
    "addresses flushed": ["addr flush dev eth0"],
    "a route deleted": ["route del default"],
    "a route replaced": ["route replace default via 10.0.0.7"],
    "a rule deleted": ["rule del from 10.0.0.2"],
    "mtu": ["link set eth0 mtu 1300"],
}


def state(namespace):
    return (sorted(namespace.ip("-br", "addr", "show", "dev", "eth0").split()[1:]),
            namespace.ip("route"), namespace.ip("-6", "route", "show", "fd00::/64"),
            namespace.ip("rule"), namespace.ip("neigh", "show", "nud", "permanent"),
            namespace.json("link", "show", "eth0")[0]["mtu"])


def damage(namespace, name):
    namespace.ip("-batch", "-", input="\n".join(DAMAGES[name]) + "\n")


@pytest.fixture
def running(start, wired, app):
    """running(reconcile): a run with that setting, its namespace, and how it is there."""
    def make(reconcile):
        ns = wired()
        run = start("--", app, "say=up", "pause", config=CONFIG.format(reconcile), net=ns)
        run.wait_out("up")
        helpers.until(lambda: "state UP" in ns.ip("link", "show", "eth0"))
        return run, ns, state(ns)
    return make


@pytest.mark.parametrize("name", DAMAGES)
def test_what_has_drifted_is_repaired(running, name):
    run, ns, before = running("repair")
    begin = time.monotonic()
    damage(ns, name)
    helpers.until(lambda: state(ns) == before, 5)
    run.wait_err(r"warning: network: repaired: .*pintle\.ini:\d+")
    assert time.monotonic() - begin < 4  # 1 s, but for the load of the machine
    assert "not as configured" not in run.err


def test_what_has_drifted_is_told(running):
    run, ns, _ = running("log")
    damage(ns, "a route deleted")
    run.wait_err("network: not as configured: route default via 10.0.0.1 dev eth0 is missing")
    assert "drift" in run.pintle("--status").stdout
    assert "is missing" in run.pintle("--status=json").stdout
    ns.ip("route", "add", "default", "via", "10.0.0.1")
    run.wait_err("network: as configured again")
    assert "drift" not in run.pintle("--status").stdout
    assert run.err.count("not as configured") == 1


def test_nobody_looks(running):
    run, ns, _ = running("no")
    assert not [1 for leads in helpers.Process(run.pid).descriptors().values()
                if "socket" in leads and "NETLINK" in leads]
    damage(ns, "a route deleted")
    assert run.pintle("--status").stdout.count("drift") == 0
    assert "network:" not in run.err


def test_an_interface_that_goes_and_comes_back(running, netns):
    run, ns, _ = running("repair")
    ns.ip("link", "del", "eth0")
    run.wait_err("not as configured: interface eth0 .* is not present")
    other = netns()
    other.ip("link", "add", "k0", "type", "veth", "peer", "name", "end")
    other.ip("link", "set", "end", "up")
    other.ip("link", "set", "k0", "netns", ns.name, "name", "eth0")
    helpers.until(lambda: "default via 10.0.0.1" in ns.ip("route"), 5)
    assert "mtu 1400" in ns.ip("link", "show", "eth0")


def test_a_storm_of_events(running):
    """More than fit into a socket's buffer; looked at now and then, and right in the end."""
    run, ns, before = running("repair")
    begin = helpers.Process(run.pid).wakeups()
    lines = []
    for n in range(3000):
        lines += [f"route add 10.99.{n % 250}.0/24 dev eth0", f"route del 10.99.{n % 250}.0/24"]
    lines.insert(3000, "route del default")
    ns.ip("-batch", "-", input="\n".join(lines) + "\n")
    helpers.until(lambda: state(ns) == before, 10)
    assert helpers.Process(run.pid).wakeups() - begin < 3000
    quiet = helpers.Process(run.pid).wakeups()
    time.sleep(2)
    assert helpers.Process(run.pid).wakeups() - quiet <= 4  # the last look, and those by others


def test_what_is_only_verified_is_not_repaired(start, wired, app):
    ns = wired()
    ns.ip("link", "set", "eth0", "up")
    ns.ip("addr", "add", "10.0.0.2/24", "dev", "eth0")
    run = start("--", app, "say=up", "pause", net=ns,
                config="[net]\nreconcile = repair\n[interface eth0]\naddress = 10.0.0.2/24\n")
    run.wait_out("up")
    ns.ip("addr", "del", "10.0.0.2/24", "dev", "eth0")
    run.wait_err("not as configured: eth0: address 10.0.0.2/24 is missing")
    assert "10.0.0.2" not in ns.ip("addr")


# ---- --monitor ----

def test_monitor(netns, pintle):
    ns = netns()
    with ns.popen(pintle, "--monitor", stdout=subprocess.PIPE, text=True) as monitor:
        helpers.until(lambda: [1 for leads in helpers.Process(monitor.pid).descriptors().values()
                               if "socket" in leads])
        script = ["link add eth0 type veth peer name p", "link set p up", "link set eth0 up",
                  "addr add 10.0.0.2/24 dev eth0", "route add 10.5.0.0/16 via 10.0.0.9",
                  "neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0",
                  "neigh del 10.0.0.9 dev eth0", "route del 10.5.0.0/16",
                  "link set eth0 name lan0", "addr del 10.0.0.2/24 dev lan0", "link del lan0"]
        expected = [r"\d+: eth0: <BROADCAST,MULTICAST> mtu 1500 ", r"\d+: eth0: <.*LOWER_UP> ",
                    r"\d+: eth0    inet 10.0.0.2/24 scope global eth0$",
                    r"10.5.0.0/16 via 10.0.0.9 dev eth0$",
                    r"10.0.0.9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT$",
                    r"Deleted 10.0.0.9 dev eth0 ", r"Deleted 10.5.0.0/16 via 10.0.0.9 dev eth0$",
                    r"\d+: lan0: <.*UP", r"Deleted \d+: lan0    inet 10.0.0.2/24 ",
                    r"Deleted \d+: lan0: <"]
        for line in script:
            ns.ip(*line.split())
        seen = []
        while expected:
            seen.append(monitor.stdout.readline())
            assert seen[-1], seen
            if re.match(expected[0], seen[-1]):
                expected.pop(0)
        monitor.kill()
