# SPDX-License-Identifier: Apache-2.0
"""netcfg/: links that are made, found and waited for; overlays; what a container lets us do."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

import helpers
from helpers_netcfg import (kernel_state, prepared, settled, traced, wired,  # noqa: F401 (fixtures)
                            writes)

NET_ADMIN, NET_RAW = 12, 13  # linux/capability.h
EVERYTHING = """
    [net]
    mode = apply
    [interface lan]
    match = mac:02:00:00:00:00:01
    rename = lan0
    mtu = 1400
    tx-queue = 500
    address = 10.0.0.2/24
    address = fd00::2/64
    gateway = 10.0.0.1
    route = blackhole 10.6.0.0/16
    route = 10.7.0.0/16 nexthop via 10.0.0.8 weight 2 nexthop via 10.0.0.9
    route = fd07::/16 nexthop via fd00::8 nexthop via fd00::9
    route = default via 10.0.0.9 table 100
    rule = from 10.0.0.2 table 100
    rule = to fd07::/16 fwmark 7 prohibit priority 70
    neighbour = 10.0.0.9 02:00:00:00:00:09
    sysctl.ipv4.rp_filter = 2
    sysctl.ipv6.accept_ra = 0
    sysctl.ipv4.neigh.app_solicit = 1
    [interface br0]
    kind = bridge
    mtu = 1300
    [interface v0]
    kind = veth
    peer = v1
    master = br0
    [interface v1]
    mac = 02:00:00:00:00:0b
    sysctl.ipv6.accept_ra = 0
    address = 10.1.0.2/24
    [interface m0]
    kind = macvlan
    parent = v1
    address = 10.1.0.3/24
    [interface vx0]
    kind = vxlan
    vni = 42
    local = 10.0.0.2
    address = 10.13.19.2/24
    peer = 10.13.19.3 02:42:0a:0d:13:03 10.0.0.3
    flood = 10.0.0.3 10.0.0.4
"""


def interfaces(namespace):
    return {link["ifname"] for link in namespace.json("link", "show")}


# ---- making them ----

def test_everything_at_once_and_nothing_the_second_time(run, prepared, traced):
    ns = prepared([])
    done = run("--", "true", config=EVERYTHING, net=ns)
    assert done.status == 0, done
    assert interfaces(ns) == {"lo", "lan0", "br0", "v0", "v1", "m0", "vx0"}
    link = {item["ifname"]: item for item in ns.json("link", "show")}
    assert link["v0"]["master"] == "br0" and link["br0"]["mtu"] == 1300
    assert link["vx0"]["address"] == "02:42:0a:0d:13:02" and link["vx0"]["mtu"] == 1350
    data = link["vx0"]["linkinfo"]["info_data"]
    assert (data["id"], data["port"], data["local"]) == (42, 4789, "10.0.0.2")
    assert data["learning"]
    ours = [rule for rule in ns.json("rule") if rule.get("protocol") == "200"]
    assert [rule["table"] for rule in ours] == ["100"]
    assert {n["dst"] for n in ns.json("neigh") if n.get("protocol") == "200"} == {
        "10.0.0.9", "10.13.19.3"}
    calls = traced(ns, EVERYTHING, "--", "true")
    assert any("RTM_GETRULE" in call for call in calls) and not writes(calls)


def test_everything_is_taken_back(run, prepared):
    ns = prepared([])
    before = kernel_state(ns)
    config = EVERYTHING + "    route = 10.99.0.0/16 via 172.16.0.1 onlink src 192.0.2.1\n"
    done = run("--", "true", config=config, net=ns)
    assert done.status == 69 and "taken back" in done.err
    assert "route replace 10.99.0.0/16 via 172.16.0.1 dev vx0" in done.err
    assert kernel_state(ns) == before


@pytest.mark.parametrize("kind, keys", [
    ("vlan", "parent = eth0\nvlan-id = 5\n"), ("ipvlan", "parent = eth0\n"), ("dummy", "")])
def test_a_kind_that_the_kernel_lacks(run, wired, kind, keys):
    ns = wired()
    if ns.run("ip", "link", "add", "link", "eth0", "name", "try", "type", kind,
              *(["id", "5"] if kind == "vlan" else [])).returncode == 0:
        pytest.skip(f"this kernel has {kind}")
    before = kernel_state(ns)
    done = run("--", "true", config=f"[interface x]\nkind = {kind}\n{keys}[interface eth0]\n"
                                    "address = 10.0.0.2/24\n", net=ns)
    assert done.status == 69
    assert f"this kernel has no support for kind {kind}" in done.err
    assert "pintle.ini:1)" in done.err
    assert kernel_state(ns) == before


@pytest.mark.parametrize("line, words", [
    ("kind = bridge", "is there already, and is no bridge but veth"),
    ("rename = other", "can't be called other: there is another one"),
])
def test_what_is_there_is_not_what_is_wanted(run, wired, line, words):
    ns = wired()
    ns.ip("link", "add", "other", "type", "bridge")
    done = run("--", "true", config=f"[interface eth0]\n{line}\n", net=ns)
    assert done.status == 69 and words in done.err, done


def test_a_tunnel_that_is_there_with_another_number(run, wired):
    ns = wired()
    ns.ip("link", "add", "vx", "type", "vxlan", "id", "41", "dstport", "4789")
    config = "[net]\nmode = apply\n[interface vx]\nkind = vxlan\nvni = 42\n"
    done = run("--", "true", config=config, net=ns)
    assert done.status == 69 and "with the number 41 and not 42" in done.err
    ns.ip("link", "del", "vx")
    ns.ip("link", "add", "old", "type", "vxlan", "id", "42", "dstport", "4789")
    done = run("--", "true", config=config, net=ns)
    assert done.status == 69 and "something else has its name, or its vni and port" in done.err
    assert "A VXLAN device with the specified VNI already exists" in done.err


def test_a_tunnels_port_that_is_taken(run, wired):
    """Fact 59. The kernel says so only as the link comes up; then it is gone again."""
    ns = wired()
    before = kernel_state(ns)
    with ns, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 4789))
        done = run("--", "true", net=ns, config="[interface eth0]\naddress = 10.0.0.2/24\n"
                   "[interface vx]\nkind = vxlan\nvni = 42\nlocal = 10.0.0.2\n")
    assert done.status == 69
    assert "link set dev vx up" in done.err and "its UDP port is taken" in done.err
    assert kernel_state(ns) == before


def test_renaming_what_is_up_loses_nothing(run, wired):
    ns = wired()
    ns.ip("link", "set", "eth0", "up")
    ns.ip("addr", "add", "10.0.0.2/24", "dev", "eth0")
    ns.ip("route", "add", "10.5.0.0/16", "via", "10.0.0.9")
    config = "[net]\nmode = apply\n[interface a]\nmatch = subnet:10.0.0.0/24\nrename = lan0\n"
    assert run("--", "true", config=config, net=ns).status == 0
    assert "10.5.0.0/16 via 10.0.0.9 dev lan0" in ns.ip("route")


# ---- what is missing ----

def test_one_that_is_missing_does_not_keep_the_others(run, wired):
    ns = wired()
    config = """
        [net]
        wait = 100ms
        on-error = warn
        [interface eth7]
        address = 10.7.0.2/24
        gateway = 10.7.0.1 metric 7
        [interface eth0]
        address = 10.0.0.2/24
        gateway = 10.0.0.1
        [interface m0]
        kind = macvlan
        parent = eth8
    """
    done = run("--", "echo", "here", config=config, net=ns)
    assert done.status == 0 and "here" in done.out
    for words in ("interface eth7", "is not present; present: lo, eth0",
                  "has eth8 as its parent, which is not present"):
        assert words in done.err, done
    assert "default via 10.0.0.1 dev eth0" in ns.ip("route")


def test_waiting_is_not_begun_anew_by_signals(start, netns):
    config = "[net]\nwait = 1s\n[interface eth0]\nup = yes\n"
    run = start("--", "true", config=config, net=netns())
    begin = run.executed_at
    while run.alive() and time.monotonic() < begin + 8:
        run.signal(signal.SIGUSR1)
        time.sleep(0.05)
    assert run.end() == 69
    assert "waited 1000 ms" in run.err and run.ended_at - begin < 6


def test_a_carrier_that_comes_later(start, netns):
    ns, other = netns(), netns()
    ns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "end", "netns", other.name)
    config = "[net]\nwait = 20s\n[interface eth0]\naddress = 10.0.0.2/24\n"
    run = start("--", "echo", "here", config=config, net=ns)
    helpers.until(lambda: "10.0.0.2/24" in ns.ip("addr"), what="the address")
    assert run.alive() and "here" not in run.out
    other.ip("link", "set", "end", "up")
    assert run.end() == 0 and "here" in run.out


@pytest.mark.parametrize("on_error, status", [("fail", 69), ("warn", 0)])
def test_a_carrier_that_does_not_come(run, netns, on_error, status):
    ns, other = netns(), netns()
    ns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "end", "netns", other.name)
    config = f"[net]\nwait = 200ms\non-error = {on_error}\n[interface eth0]\nmtu = 1400\n"
    done = run("--", "true", config=config, net=ns)
    assert done.status == status
    assert "pintle.ini:4) has no carrier; waited 200 ms" in done.err
    assert ns.json("link", "show", "eth0")[0]["mtu"] == (1400 if status == 0 else 1500)


def test_a_local_address_that_comes_later(start, wired):
    ns = wired()
    config = "[net]\nmode = apply\nwait = 20s\n[interface vx]\nkind = vxlan\nvni = 1\n" \
             "local = 10.0.0.2\n"
    run = start("--", "true", config=config, net=ns)
    assert run.executed_at
    ns.ip("link", "set", "eth0", "up")
    assert run.alive()
    ns.ip("addr", "add", "10.0.0.2/24", "dev", "eth0")
    assert run.end() == 0, run
    assert ns.json("link", "show", "vx")[0]["mtu"] == 1450


def test_duplicates_are_detected(run, netns):
    """fd00::3 is free; fd00::2 the other end has as well."""
    config = "[net]\nwait = 15s\n[interface eth0]\naddress = fd00::{}/64 dad\n"
    bind = "import socket, sys; socket.socket(socket.AF_INET6).bind((sys.argv[1], 0))"
    for number, status in ((3, 0), (2, 69)):
        ns, other = netns(), netns()
        ns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.name)
        other.ip("addr", "add", "fd00::2/64", "dev", "eth0", "nodad")
        other.ip("link", "set", "eth0", "up")
        done = run("--", sys.executable, "-c", bind, f"fd00::{number}",
                   config=config.format(number), net=ns, timeout=20)
        assert done.status == status, done
        assert ("has the address fd00::2/64, which another host has as well" in done.err) == (
            status == 69)


# ---- announcing ----

def test_addresses_are_announced(start, netns, app):
    ns, other = netns(), netns()
    ns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "end", "netns", other.name)
    other.ip("link", "set", "end", "up")
    with other:
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
        ear.bind(("end", 0))
    ear.settimeout(10)
    config = "[interface eth0]\nmac = 02:00:00:00:00:05\naddress = 10.0.0.2/24, 10.0.0.3/24\n" \
             "address = fd00::2/64\n"
    run = start("--", app, "pause", config=config, net=ns)
    heard = {"10.0.0.2": 0, "10.0.0.3": 0, "fd00::2": 0}
    with ear:
        while min(heard.values()) < 3:
            frame = ear.recv(2048)
            kind, mac = frame[12:14], frame[6:12]
            if kind == b"\x08\x06" and frame[28:32] == frame[38:42]:
                assert mac == frame[22:28] == b"\x02\0\0\0\0\x05"
                heard[socket.inet_ntop(socket.AF_INET, frame[28:32])] += 1
            if kind == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136:
                assert frame[78:86] == b"\x02\x01\x02\0\0\0\0\x05"
                heard[socket.inet_ntop(socket.AF_INET6, frame[62:78])] += 1
    helpers.until(lambda: not any("packet" in leads.lower() for leads in
                                  helpers.Process(run.pid).descriptors().values()))
    assert run.stop()[0] in (0, 143)


def test_nothing_is_announced_without_the_capability(run, wired):
    config = "[log]\nlevel = debug\n[interface eth0]\naddress = 10.0.0.2/24\n"
    done = run("--", "sleep", "0.2", config=config, net=wired(), drop=[NET_RAW])
    assert done.status == 0
    assert "addresses are not announced: Operation not permitted" in done.err


# ---- sysctls ----

def sysctl(namespace, path):
    return namespace.run("cat", f"/proc/sys/net/{path}").stdout.strip()


@pytest.fixture
def run_as_docker(pintle, tmp_path):
    """run_as_docker(namespace, config): with /proc/sys read-only, as Docker mounts it."""
    def run_one(namespace, config):
        script = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && " \
                 'exec "$@"'
        path = helpers.write_config(tmp_path, config)
        return namespace.run("unshare", "-m", "sh", "-c", script, "sh", pintle, "-c", path, "--",
                             "true")
    return run_one


def test_sysctls_with_a_read_only_proc(run_as_docker, wired):
    """IPv4's go with the link's messages, and what an overlay needs of neighbours."""
    ns = wired()
    config = "[net]\nmode = apply\n[interface eth0]\nsysctl.ipv4.rp_filter = 2\n" \
             "sysctl.ipv4.neigh.app_solicit = 1\nsysctl.ipv6.neigh.app_solicit = 2\n"
    assert sysctl(ns, "ipv6/conf/eth0/accept_ra") == "1"
    done = run_as_docker(ns, config + "sysctl.ipv6.accept_ra = 1\n")
    assert done.returncode == 0, done
    assert sysctl(ns, "ipv4/conf/eth0/rp_filter") == "2"
    assert sysctl(ns, "ipv4/neigh/eth0/app_solicit") == "1"
    assert sysctl(ns, "ipv6/neigh/eth0/app_solicit") == "2"


def test_a_sysctl_that_docker_has_to_set(run, run_as_docker, wired):
    ns = wired()
    before = kernel_state(ns)
    config = "[net]\nmode = apply\n[interface eth0]\nsysctl.ipv4.rp_filter = 2\n" \
             "sysctl.ipv6.accept_ra = 0\n"
    done = run_as_docker(ns, config)
    assert done.returncode == 69
    for words in ("sysctl -w net.ipv6.conf.eth0.accept_ra=0 (", "pintle.ini:5)",
                  "Read-only file system; docker: --sysctl net.ipv6.conf.eth0.accept_ra=0"):
        assert words in done.stderr, done
    assert kernel_state(ns) == before
    done = run("--", "true", config=config, net=ns)
    assert done.status == 0, done
    assert sysctl(ns, "ipv6/conf/eth0/accept_ra") == "0"


def test_a_sysctl_that_there_is_not(run, wired):
    config = "[net]\nmode = apply\n[interface eth0]\nsysctl.ipv6.nonsense = 1\n"
    done = run("--", "true", config=config, net=wired())
    assert done.status == 69
    assert "net.ipv6.conf.eth0.nonsense=1" in done.err and "No such file" in done.err


def test_verified_sysctls(run, wired):
    config = "[net]\nmode = verify\n[interface eth0]\nup = no\nsysctl.ipv4.rp_filter = 2\n" \
             "sysctl.ipv6.accept_ra = 0\n"
    done = run("--", "true", config=config, net=wired(), drop="all")
    assert done.status == 69
    for words in ("eth0: ipv4.rp_filter is 0, wanted 2", "eth0: ipv6.accept_ra is '1', wanted '0'",
                  "docker's --sysctl net.ipv4.conf.eth0.rp_filter=2",
                  "docker's --sysctl net.ipv6.conf.eth0.accept_ra=0"):
        assert words in done.err, done


# ---- what may be changed ----

BESIDE_DOCKER = """
    [interface eth0]
    address = 10.0.0.2/24
    {}
    [interface vx0]
    kind = vxlan
    vni = 42
    local = 10.0.0.2
    address = 10.13.19.2/24
    peer = 10.13.19.3 02:42:0a:0d:13:03 10.0.0.3
"""


@pytest.fixture
def container(prepared):
    """A namespace as Docker leaves it: eth0 up, with an address."""
    return prepared(["link set eth0 up", "addr add 10.0.0.2/24 dev eth0"])


def test_what_the_file_creates_is_made_beside_what_is_there(run, container):
    done = run("--", "true", config=BESIDE_DOCKER.format(""), net=container)
    assert done.status == 0, done
    assert "10.13.19.2/24" in container.ip("addr", "show", "vx0")
    assert run("--", "true", config=BESIDE_DOCKER.format(""), net=container,
               drop="all").status == 0


def test_what_is_there_is_only_verified(run, container):
    before = settled(container)
    done = run("--", "true", config=BESIDE_DOCKER.format("mtu = 1400"), net=container)
    assert done.status == 69
    assert "eth0: mtu is 1500, wanted 1400" in done.err and "vx0: is missing" not in done.err
    assert "[net] mode = apply" in done.err and "taken back" in done.err
    assert kernel_state(container) == before


def test_without_the_capability_it_is_missing(run, container):
    config = "[net]\nwait = 0\n" + BESIDE_DOCKER.format("").replace("    ", "")
    done = run("--", "true", config=config, net=container, drop=[NET_ADMIN])
    assert done.status == 69
    assert "vx0: is missing" in done.err and "--cap-add NET_ADMIN" in done.err
    assert "vx0" not in interfaces(container)


def test_two_in_one_pod(run, container):
    """The second one finds what the first one made, without any privilege."""
    config = BESIDE_DOCKER.format("")
    assert run("--", "true", config=config, net=container).status == 0
    before = settled(container, "vx0")
    other = "[interface eth0]\naddress = 10.0.0.2/24\n"
    for text in (config, other):
        done = run("--", "true", config=text, net=container, drop="all")
        assert done.status == 0, done
    assert kernel_state(container) == before


def test_rootless_in_a_user_namespace(run):
    config = """
        [interface lo]
        address = 10.0.0.2/32
        [interface v0]
        kind = veth
        peer = v1
        address = 10.1.0.2/24
        sysctl.ipv4.rp_filter = 2
        [interface v1]
        rule = from 10.1.0.2 table 100
        [interface br0]
        kind = bridge
        [interface m0]
        kind = macvlan
        parent = v0
        [interface vx0]
        kind = vxlan
        vni = 42
        local = 10.0.0.2
        peer = 10.13.19.3 02:42:0a:0d:13:03 10.0.0.3
    """
    done = run("--", "ip", "link", config=config, user_namespace=True)
    assert done.status == 0, done
    for name in ("v0", "v1", "br0", "m0", "vx0"):
        assert re.search(rf"^\d+: {name}[@:]", done.out, re.M), done.out


# ---- the overlay of two hosts ----

HOST = """
    [net]
    mode = apply
    [interface eth0]
    address = 192.168.56.10{me}/24
    [interface vxlan0]
    kind = vxlan
    vni = 42
    local = 192.168.56.10{me}
    address = 10.13.17.{me}/24
    address = fd13::{me}/64
    {entries}
"""
KNOWN = """
    peer = 10.13.17.1 02:42:0a:0d:11:01 192.168.56.101
    peer = 10.13.17.2 02:42:0a:0d:11:02 192.168.56.102
    peer = fd13::1 02:42:0a:0d:11:01 192.168.56.101
    peer = fd13::2 02:42:0a:0d:11:02 192.168.56.102
"""
FLOODED = "flood = 192.168.56.101 192.168.56.102"
SERVER = """
import http.server, socketserver
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"x" * 300000)
    def log_message(self, *_): pass
class Server(http.server.HTTPServer):
    pass
server = Server(("10.13.17.2", 8000), Handler)
print("serving", flush=True)
server.serve_forever()
"""
CLIENT = """
import socket, sys, urllib.request
assert len(urllib.request.urlopen("http://10.13.17.2:8000/", timeout=10).read()) == 300000
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
s.sendto(b"x" * 1422, ("10.13.17.2", 9))  # 1450 with IP and UDP
try:
    s.sendto(b"x" * 1423, ("10.13.17.2", 9))
except OSError:
    print("full size, and no more")
"""


@pytest.mark.parametrize("entries", [KNOWN, FLOODED], ids=["known", "flooded"])
def test_an_overlay_between_two_hosts(start, run, netns, entries):
    hosts = [netns(), netns()]
    hosts[0].ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
                hosts[1].name)
    for host in hosts:
        host.ip("link", "set", "eth0", "up")
    server = start("--", sys.executable, "-c", SERVER, net=hosts[1],
                   config=HOST.format(me=2, entries=entries))
    server.wait_out("serving")
    done = run("--", sys.executable, "-c", CLIENT, net=hosts[0],
               config=HOST.format(me=1, entries=entries), timeout=30)
    assert done.status == 0 and "full size, and no more" in done.out, done
    assert hosts[0].json("link", "show", "vxlan0")[0]["mtu"] == 1450
    ping = hosts[0].run("busybox", "ping", "-6", "-c", "1", "-W", "5", "fd13::2")
    assert ping.returncode == 0, ping.stdout
    full = hosts[0].run("busybox", "ping", "-c", "1", "-W", "5", "-s", "1422", "10.13.17.2")
    assert full.returncode == 0, full.stdout
    fdb = hosts[0].run("bridge", "fdb", "show", "dev", "vxlan0").stdout
    assert "dst 192.168.56.102 self permanent" in fdb and "192.168.56.101" not in fdb


# ---- in real containers ----

@pytest.fixture(scope="module")
def image(docker_session, pintle, app, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(pintle, folder / "pintle")
    shutil.copy(app, folder / "app")
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY pintle app /\nENTRYPOINT ["/pintle"]\n')
    return docker_session.build(folder)


@pytest.fixture
def network(docker):
    """network(number): a network of Docker, 10.209.<number>.0/24; its name."""
    names = []

    def make(number):
        names.append(f"pintle-test-{os.getpid()}-{number}")
        docker("network", "create", "--subnet", f"10.209.{number}.0/24", names[-1])
        return names[-1]
    yield make
    docker.clear()
    for name in names:
        docker("network", "rm", name)


@pytest.fixture
def lan(network):
    return network(77)


def inside(docker, container, *command):
    enter = ["nsenter", "-t", str(docker.pid(container)), "-n", *command]
    return subprocess.run(enter, text=True, capture_output=True, timeout=20).stdout


def test_an_overlay_of_docker_containers(docker, image, lan):
    """/proc/sys is read-only there, eth0 is Docker's, and what the file creates is made."""
    containers = [
        docker.run("--cap-add", "NET_ADMIN", "--network", lan, "--ip", f"10.209.77.{number}",
                   "-e", f"PINTLE_INTERFACE_VX_ADDRESS=10.13.17.{number}/24",
                   "-e", f"PINTLE_INTERFACE_VX_LOCAL=10.209.77.{number}",
                   image, "-o", "interface vx.kind=vxlan", "-o", "interface vx.vni=42",
                   "-o", "interface vx.flood=10.209.77.2, 10.209.77.3",
                   "-o", "interface vx.sysctl.ipv4.rp_filter=2", "--", "/app", "say=up", "pause")
        for number in (2, 3)]
    for container in containers:
        helpers.until(lambda: "up" in docker.logs(container), 10, "the application")
    link = inside(docker, containers[0], "ip", "-d", "addr", "show", "vx")
    for words in ("02:42:0a:0d:11:02", "mtu 1450", "vxlan id 42", "10.13.17.2/24"):
        assert words in link, link
    ping = inside(docker, containers[0], "busybox", "ping", "-c", "1", "-W", "5", "-s", "1422",
                  "10.13.17.3")
    assert " 0% packet loss" in ping, ping


def test_docker_without_the_capability(docker, image):
    done = docker("run", "--rm", image, "-o", "interface vx.kind=bridge", "-o", "net.wait=0",
                  "--", "/app", "exit=0", check=False)
    assert done.returncode == 69
    assert "vx: is missing" in done.stderr and "--cap-add NET_ADMIN" in done.stderr


def test_docker_with_the_capability_for_somebody_else(docker, image):
    """Docker gives it to root alone."""
    done = docker("run", "--rm", "--user", "1000", "--cap-add", "NET_ADMIN", "--network", "none", image,
                  "-o", "interface vx.kind=bridge", "-o", "net.wait=0", "--", "/app", "exit=0",
                  check=False)
    assert done.returncode == 69
    assert "docker's --cap-add NET_ADMIN and --user 0" in done.stderr


def test_a_network_that_docker_connects(docker, image, lan, network):
    """Fact 61, with a real daemon. Docker gives name, MAC and address; what the file wants besides
    is there a moment later, each time, though the link and its name are others; eth0 is Docker's."""
    other = network(78)
    container = docker.run(
        "--cap-add", "NET_ADMIN", "--network", lan, image, "-o", "net.mode=apply",
        "-o", "interface back.match=subnet:10.209.78.0/24", "-o", "interface back.hotplug=yes",
        "-o", "interface back.route=10.99.0.0/16 via 10.209.78.1",
        "-o", "interface back.rule=from 10.209.78.0/24 table 78",
        "-o", "interface back.sysctl.ipv4.rp_filter=2", "-o", "interface back.tx-queue=77",
        "--", "/app", "say=up", "pause")
    helpers.until(lambda: "up" in docker.logs(container), 10, "the application")
    names = set()
    for _ in range(2):
        docker("network", "connect", other, container)
        helpers.until(lambda: "10.99.0.0/16 via 10.209.78.1" in
                      inside(docker, container, "ip", "route"), 5, "the route")
        link = inside(docker, container, "ip", "-o", "addr", "show", "to", "10.209.78.0/24")
        names.add(link.split()[1])
        assert "qlen 77" in inside(docker, container, "ip", "link", "show", link.split()[1])
        assert "2" == inside(docker, container, "cat", "/proc/sys/net/ipv4/conf/"
                             f"{link.split()[1]}/rp_filter").strip()
        assert "from 10.209.78.0/24 lookup 78" in inside(docker, container, "ip", "rule")
        docker("network", "disconnect", other, container)
        assert "10.99.0.0" not in inside(docker, container, "ip", "route")
    assert len(names) == 2 and "default via 10.209.77.1 dev eth0" in inside(
        docker, container, "ip", "route")
    status = docker("exec", container, "/pintle", "--status").stdout
    assert "drift" not in status and "10.209.77." in status
    assert "warning" not in docker.logs(container)


@pytest.mark.parametrize("hotplug", ["no", "yes"])
def test_a_veth_plugged_into_a_container_without_network(docker, image, netns, hotplug):
    """The start waits for it; or, if it may come later, the application runs before."""
    container = docker.run(
        "--cap-add", "NET_ADMIN", "--network", "none", image, "-o", "net.wait=30s",
        "-o", f"interface eth0.hotplug={hotplug}", "-o", "interface eth0.mtu=1400",
        "-o", "interface eth0.address=10.209.79.2/24", "-o", "interface eth0.gateway=10.209.79.1",
        "--", "/app", "say=up", "pause")
    if hotplug == "yes":
        helpers.until(lambda: "up" in docker.logs(container), 10, "the application")
    host = netns()
    host.ip("link", "add", "in", "type", "veth", "peer", "name", "end")
    host.ip("addr", "add", "10.209.79.1/24", "dev", "end")
    host.ip("link", "set", "end", "up")
    host.ip("link", "set", "in", "netns", docker.pid(container), "name", "eth0")
    helpers.until(lambda: "default via 10.209.79.1" in inside(docker, container, "ip", "route"),
                  10, "the route")
    helpers.until(lambda: "up" in docker.logs(container), 10, "the application")
    ping = host.run("busybox", "ping", "-c", "1", "-W", "5", "-s", "1372", "10.209.79.2")
    assert ping.returncode == 0, ping.stdout
    assert "mtu 1400" in inside(docker, container, "ip", "link", "show", "eth0")
    assert "warning" not in docker.logs(container)


def test_the_hosts_network_in_docker(docker, image):
    """Left alone, also with a file that wants something of it."""
    done = docker("run", "--rm", "--network", "host", image, "-o",
                  "interface lo.address=203.0.113.78/32", "--", "/app", "exit=0", check=False)
    assert (done.returncode, done.stderr.count("warning")) == (0, 0), done.stderr
    assert "203.0.113.78" not in subprocess.run(["ip", "addr"], capture_output=True, text=True).stdout


def test_a_pod_in_docker(docker, image, lan):
    """The second container has the first one's network, and finds it as its file says; what it
    wants otherwise is its mistake."""
    first = docker.run("--cap-add", "NET_ADMIN", "--network", lan, "--ip", "10.209.77.2", image,
                       "-o", "interface br0.kind=bridge", "-o", "interface br0.address=10.8.0.1/24",
                       "--", "/app", "say=up", "pause")
    helpers.until(lambda: "up" in docker.logs(first), 10, "the application")
    before = inside(docker, first, "ip", "-br", "addr")

    def second(*settings):
        words = [word for setting in settings for word in ("-o", setting)]
        return docker("run", "--rm", "--network", f"container:{first}", image, *words, "--",
                      "/app", "exit=0", check=False)
    assert second("interface eth0.address=10.209.77.2/16").returncode == 69
    good = second("interface eth0.address=10.209.77.2/24", "interface br0.kind=bridge",
                  "interface br0.address=10.8.0.1/24")
    assert good.returncode == 0, good.stderr
    bad = second("interface br0.kind=bridge", "interface br0.address=10.8.0.2/24")
    assert bad.returncode == 69 and "br0: address 10.8.0.2/24 is missing" in bad.stderr
    assert inside(docker, first, "ip", "-br", "addr") == before


def test_a_sysctl_in_docker(docker, image):
    """/proc/sys is read-only there. Docker writes what --sysctl says once eth0 is there."""
    words = [image, "-o", "net.mode=apply", "-o", "interface eth0.sysctl.ipv4.rp_filter=2",
             "-o", "interface eth0.sysctl.ipv6.accept_ra={}", "--", "/app", "exit=0"]

    def run(number, *options):
        return docker("run", "--rm", "--cap-add", "NET_ADMIN", *options,
                      *[word.format(number) for word in words], check=False)
    done = run(0)
    assert done.returncode == 69
    assert "docker: --sysctl net.ipv6.conf.eth0.accept_ra=0" in done.stderr
    done = run(1)  # which it is
    assert done.returncode == 0, done.stderr


def test_a_default_route_that_docker_moves(docker, image, network):
    """Of two networks Docker takes the gateway of the one whose name comes first, also later."""
    container = docker.run(
        "--cap-add", "NET_ADMIN", "--network", network(77), image, "-o", "net.mode=apply",
        "-o", "net.reconcile=repair", "-o", "interface front.match=subnet:10.209.77.0/24",
        "-o", "interface front.gateway=10.209.77.1", "--", "/app", "say=up", "pause")
    helpers.until(lambda: "up" in docker.logs(container), 10, "the application")
    docker("network", "connect", network(10), container)
    helpers.until(lambda: "repaired: route is default via 10.209.10.1" in docker.logs(container), 5)
    helpers.until(lambda: "default via 10.209.77.1" in inside(docker, container, "ip", "route"), 5)
    assert inside(docker, container, "ip", "route").count("default") == 1
