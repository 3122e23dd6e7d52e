# SPDX-License-Identifier: Apache-2.0
"""[net] reconcile, and --monitor: what happens to the network while the application runs."""
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

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


def test_whatever_the_application_may_not(start, wired, app):
    """Facts 17 and 68. It has no rights, no user and few system calls; who repairs has all."""
    ns = wired()
    config = CONFIG.format("repair") + "    [app]\n    user = 65534\n    capabilities = none\n" \
        "    [seccomp]\n    profile = strict\n"
    run = start("--", app, "say=up", "pause", config=config, net=ns)
    run.wait_out("up")
    helpers.until(lambda: "state UP" in ns.ip("link", "show", "eth0"))
    before = state(ns)
    damage(ns, "link down and up")
    helpers.until(lambda: state(ns) == before, 5)


def test_a_carrier_that_is_lost(start, netns, app):
    """Fact 42. Routes stay, and it may come back: no drift, and nothing is done."""
    ns, other = netns(), netns()
    ns.link("eth0", other)
    config = "[net]\nmode = apply\nreconcile = repair\n[interface eth0]\n" \
             "address = 10.0.0.2/24\ngateway = 10.0.0.1\n"
    run = start("--", app, "say=up", "pause", config=config, net=ns)
    run.wait_out("up")
    other.ip("link", "set", "eth0", "down")
    helpers.until(lambda: "linkdown" in ns.ip("route"))
    before = ns.ip("route")
    run.pintle("--status")  # what has come before it is dealt with
    time.sleep(0.5)
    assert ns.ip("route") == before and "default" in before
    assert "drift" not in run.pintle("--status").stdout and "network:" not in run.err


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


def flood(events):
    """Lines for ip -batch that make so many events, and leave nothing."""
    return "".join(f"route {verb} 10.99.{n % 250}.0/24 dev eth0\n"
                   for n in range(events // 2) for verb in ("add", "del"))


def lost(run):
    """How many events the kernel had no room for, of the sockets that listen."""
    inodes = re.findall(r"socket:\[(\d+)\]", str(helpers.Process(run.pid).descriptors()))
    table = Path(f"/proc/{run.pid}/net/netlink").read_text().splitlines()
    return sum(int(line.split()[8]) for line in table[1:] if line.split()[9] in inodes)


def test_events_that_are_lost(running):
    """More than fit into a socket's buffer. ENOBUFS says so, and all is looked at anew."""
    run, ns, before = running("repair")
    os.kill(run.pid, signal.SIGSTOP)
    ns.ip("-batch", "-", input=flood(3000) + "route del default\n" + flood(3000))
    assert lost(run) > 0
    os.kill(run.pid, signal.SIGCONT)
    helpers.until(lambda: state(ns) == before, 5)


def test_a_storm_of_events(running):
    """A thousand in a second, for seconds: looked at now and then, and repaired meanwhile."""
    run, ns, before = running("repair")
    process = helpers.Process(run.pid)
    wakeups, seconds, begin = process.wakeups(), process.seconds(), time.monotonic()
    with ns.popen("ip", "-batch", "-", stdin=subprocess.PIPE, text=True) as storm:
        for n in range(200):
            storm.stdin.write(flood(20))
            if n == 100:
                damage(ns, "a rule deleted")
                damaged = time.monotonic()
            if n > 100 and damaged and "from 10.0.0.2" in ns.ip("rule"):
                assert time.monotonic() - damaged < 4  # 1 s, but for the load of the machine
                damaged = None
            storm.stdin.flush()
            time.sleep(max(0, begin + n / 50 - time.monotonic()))
        storm.stdin.write("route del default\n")
    helpers.until(lambda: state(ns) == before, 5)
    assert not damaged
    assert process.wakeups() - wakeups < 400
    assert process.seconds() - seconds < 0.4
    quiet = process.wakeups()
    time.sleep(2)
    assert process.wakeups() - quiet <= 10  # the last look, and those by others


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


# ---- interfaces that come and go ----

HOTPLUG = """
    [net]
    reconcile = {}
    wait = 30s
    [log]
    level = info
    [interface eth0]
    address = 10.0.0.2/24
    [interface lan]
    match = mac:02:00:00:00:00:07
    rename = lan0
    hotplug = yes
    mtu = 1400
    address = 10.7.0.2/24
    gateway = 10.7.0.1 metric 7
    rule = from 10.7.0.2 table 77
    sysctl.ipv4.rp_filter = 2
    [interface vx]
    kind = vxlan
    hotplug = yes
    vni = 7
    local = 10.7.0.2
    address = 10.77.0.2/24
"""


@pytest.fixture
def plugged(netns):
    """plugged(namespace, name): plugs it in as Docker does: under another name, without anything,
    then its name and MAC."""
    other = netns()

    def plug(namespace, name="eth7"):
        other.ip("link", "add", "k0", "type", "veth", "peer", "name", "end")
        other.ip("link", "set", "end", "up")
        other.ip("link", "set", "k0", "netns", namespace.name)
        namespace.ip("link", "set", "k0", "name", name)
        namespace.ip("link", "set", name, "address", "02:00:00:00:00:07")
    return plug


def is_set_up(namespace):
    return "vx" in namespace.ip("link") and "default via 10.7.0.1 dev lan0 proto 200 metric 7" in namespace.ip("route") and \
        "10.77.0.2/24" in namespace.ip("addr", "show", "vx") and \
        "10.7.0.2 lookup 77" in namespace.ip("rule") and \
        namespace.json("link", "show", "lan0")[0]["mtu"] == 1400 and \
        namespace.run("cat", "/proc/sys/net/ipv4/conf/lan0/rp_filter").stdout == "2\n"


@pytest.mark.parametrize("reconcile", ["log", "no", "repair"])
def test_an_interface_that_may_come_and_go(start, wired, app, plugged, reconcile):
    """Fact 61. It is not waited for; set up each time that it comes, with what is made upon it; and
    that it is not there is no drift."""
    ns = wired()
    run = start("--", app, "say=up", "pause", config=HOTPLUG.format(reconcile), net=ns)
    run.wait_out("up")
    for n in (1, 2):
        assert "lan0" not in ns.ip("link")
        plugged(ns, f"eth{n}")
        helpers.until(lambda: is_set_up(ns), 5, "the interface is set up")
        run.wait_err("network: connected: .*lan0: address 10.7.0.2/24 is missing", count=n)
        ns.ip("link", "del", "lan0")
        ns.ip("link", "del", "vx")
    assert "drift" not in run.pintle("--status").stdout
    assert "warning" not in run.err


def test_once_it_has_come_it_is_as_any_other(start, wired, app, plugged):
    ns = wired()
    plugged(ns)
    run = start("--", app, "say=up", "pause", config=HOTPLUG.format("log"), net=ns)
    run.wait_out("up")
    assert is_set_up(ns)
    ns.ip("route", "del", "default")
    run.wait_err("not as configured: route default via 10.7.0.1 dev lan0 metric 7 is missing")
    ns.ip("link", "set", "eth0", "mtu", "1300")
    assert "default" not in ns.ip("route")


def test_what_has_come_is_announced(start, wired, app, netns):
    ns, other = wired(), netns()
    run = start("--", app, "say=up", "pause", config=HOTPLUG.format("log"), net=ns)
    run.wait_out("up")
    other.ip("link", "add", "end", "type", "veth", "peer", "name", "k0",
             "address", "02:00:00:00:00:07")
    other.ip("link", "set", "end", "up")
    with other:
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        ear.bind(("end", 0))
    ear.settimeout(10)
    other.ip("link", "set", "k0", "netns", ns.name)
    with ear:
        while socket.inet_ntoa(ear.recv(2048)[28:32]) != "10.7.0.2":
            pass


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


def entry(run):
    """What stands in the file registry; None: nothing, or not yet."""
    found = run.inside("cat", "/run/pintle/services/web@web-1.json")
    return json.loads(found.stdout) if found.returncode == 0 else None


MOVING = """
[discovery]
registry = file
[service web]
port = 8080
id = web-1
address = eth1 inet
drain = 0
[log]
level = info
"""


@pytest.mark.parametrize("more", ["", "[interface eth0]\naddress = 10.0.0.2/24\n"],
                         ids=["service", "interface"])
def test_a_service_follows_its_address(start, wired, app, more):
    """Announced anew with the same id, whoever manages the interface."""
    ns = wired()
    ns.ip("addr", "add", "10.0.0.2/24", "dev", "eth0")
    ns.ip("link", "set", "eth0", "up")
    helpers.until(lambda: "state UP" in ns.ip("link", "show", "eth0"))
    run = start("--", app, "say=up", "quit=15,0,0", "pause", net=ns,
                config=MOVING + "[net]\nreconcile = no\n" + more)
    run.wait_out("up")
    first = helpers.until(lambda: entry(run))
    assert first["address"] == "10.0.0.2"
    ns.ip("addr", "add", "10.0.0.1/24", "dev", "eth0")  # no reason to go
    # as docker network connect does
    ns.ip("link", "add", "eth1", "type", "veth", "peer", "name", "other")
    ns.ip("link", "set", "other", "up")
    ns.ip("addr", "add", "10.7.0.1/24", "dev", "eth1")
    ns.ip("link", "set", "eth1", "up")
    helpers.until(lambda: entry(run)["address"] == "10.7.0.1")
    ns.ip("link", "del", "eth1")
    helpers.until(lambda: entry(run)["address"] != "10.7.0.1")
    assert entry(run) == {**first, "address": "10.0.0.1"}
    assert "10.0.0.1" in run.pintle("--status").stdout
    run.wait_err("service web: was at 10.7.0.1, and is at 10.0.0.1 now")
    assert run.stop()[0] == 0
    assert "agent: it was killed" not in run.err and "warning" not in run.err


def test_a_service_that_moves_while_it_is_drained_comes_back_elsewhere(start, wired, app):
    ns = wired()
    ns.ip("addr", "add", "10.0.0.2/24", "dev", "eth0")
    ns.ip("link", "set", "eth0", "up")
    helpers.until(lambda: "state UP" in ns.ip("link", "show", "eth0"))
    run = start("--", app, "say=up", "quit=15,0,0", "pause", net=ns, config=MOVING)
    run.wait_out("up")
    helpers.until(lambda: entry(run))
    assert run.pintle("--drain").returncode == 0
    helpers.until(lambda: not entry(run))
    ns.ip("addr", "del", "10.0.0.2/24", "dev", "eth0")
    ns.ip("addr", "add", "10.0.0.3/24", "dev", "eth0")
    run.wait_err("is at 10.0.0.3 now")
    assert not entry(run)
    assert run.pintle("--resume").returncode == 0
    helpers.until(lambda: entry(run))
    assert entry(run)["address"] == "10.0.0.3"
    assert run.stop()[0] == 0
