# SPDX-License-Identifier: Apache-2.0
"""Scene E with entries that the file gives: two hosts, a container on each, and a network of their
own between them. The hosts only route; what makes the overlay is in the containers' files."""
import socket
import struct
import sys

import pytest

import helpers

CONTAINER = """
    [net]
    mode = apply
    wait = 20s
    [interface eth0]
    address = 10.10.{me}.2/24
    gateway = 10.10.{me}.1
    {underlay}
    [interface vxlan0]
    kind = vxlan
    vni = 42
    local = 10.10.{me}.2
    address = 10.13.17.{me}/24
    {entries}
"""
PEERS = """
    peer = 10.13.17.1 02:42:0a:0d:11:01 10.10.1.2
    peer = 10.13.17.2 02:42:0a:0d:11:02 10.10.2.2
"""
FLOOD = "flood = 10.10.1.2, 10.10.2.2"
SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"x" * 1000000)
    def do_POST(self):
        got = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.end_headers(); self.wfile.write(str(len(got)).encode())
    def log_message(self, *_): pass
server = http.server.HTTPServer(("10.13.17.2", 8000), Handler)
print("serving", flush=True)
server.serve_forever()
"""
CLIENT = """
import urllib.request
url = "http://10.13.17.2:8000/"
assert len(urllib.request.urlopen(url, timeout=10).read()) == 1000000
assert urllib.request.urlopen(url, b"y" * 1000000, timeout=10).read() == b"1000000"
print("both ways")
"""
# A datagram that may not be fragmented, and the answer to it.
PROBE = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
s.settimeout(5)
try:
    s.sendto(b"x" * (int(sys.argv[1]) - 28), ("10.13.17.2", 9000))
    print(len(s.recv(2048)) + 28)
except OSError as error:
    print(error.strerror or "lost")
"""
ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)
s.bind(("10.13.17.2", 9000))
print("serving", flush=True)
while True:
    data, to = s.recvfrom(2048)
    s.sendto(data, to)
"""


class Scene:
    """hosts[n] routes between the wire and its container, containers[n]; wire: MTU 1500."""

    def __init__(self, netns, mtu=1500):
        self.hosts, self.containers = [netns(), netns()], [netns(), netns()]
        a, b = self.hosts
        a.link("wire", b)
        for number, (host, container) in enumerate(zip(self.hosts, self.containers), 1):
            host.ip("addr", "add", f"192.168.56.10{number}/24", "dev", "wire")
            host.ip("link", "set", "wire", "mtu", mtu)
            host.run("sysctl", "-wq", "net.ipv4.ip_forward=1", check=True)
            host.ip("link", "add", "br0", "type", "bridge")
            host.ip("addr", "add", f"10.10.{number}.1/24", "dev", "br0")
            host.ip("link", "set", "br0", "up")
            host.ip("link", "add", "in", "type", "veth", "peer", "name", "eth0", "netns",
                    container.name)
            host.ip("link", "set", "in", "master", "br0", "up")
        a.ip("route", "add", "10.10.2.0/24", "via", "192.168.56.102")
        b.ip("route", "add", "10.10.1.0/24", "via", "192.168.56.101")

    def ear(self):
        """What goes over the wire: IP packets, as a socket of packet(7)."""
        with self.hosts[0]:
            ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL
            ear.bind(("wire", 0))
        ear.settimeout(0.2)
        return ear


@pytest.fixture
def scene(netns):
    return lambda **options: Scene(netns, **options)


def config(me, entries, underlay=""):
    return CONTAINER.format(me=me, entries=entries, underlay=underlay)


def heard(ear):
    """Of each packet that has come: length, whether it is a fragment or may become one, UDP port."""
    packets = []
    while True:
        try:
            packet, place = ear.recvfrom(65536)
        except TimeoutError:
            return packets
        if place[1] != 0x0800:
            continue
        (length, _, fragment, _, protocol) = struct.unpack("!2xHHHBB", packet[:10])
        port = struct.unpack("!H", packet[22:24])[0] if protocol == 17 else 0
        packets.append((length, fragment & 0x3fff, port))


@pytest.mark.parametrize("entries", [PEERS, FLOOD], ids=["peers", "flood"])
def test_http_from_container_to_container(start, run, scene, entries):
    here = scene()
    server = start("--", sys.executable, "-c", SERVER, net=here.containers[1],
                   config=config(2, entries))
    server.wait_out("serving", 10)
    done = run("--", sys.executable, "-c", CLIENT, net=here.containers[0],
               config=config(1, entries), timeout=30)
    assert done.status == 0 and "both ways" in done.out, done
    for number, container in enumerate(here.containers, 1):
        link = container.json("link", "show", "vxlan0")[0]
        data = link["linkinfo"]["info_data"]
        assert (link["mtu"], data["id"], data["port"]) == (1450, 42, 4789)
        assert link["address"] == f"02:42:0a:0d:11:0{number}"
    assert "vxlan0" not in here.hosts[0].ip("link") + here.hosts[1].ip("link")
    status = server.pintle("--status").stdout
    assert "vxlan0" in status and "10.13.17.2/24" in status and "drift" not in status


@pytest.mark.parametrize("mtu", [1500, 1400])
def test_full_packets_pass_and_bigger_ones_are_refused(start, run, scene, mtu):
    """The path's MTU, proven: the biggest datagram goes there and back in one packet each, which
    fills the wire to its last byte; one more byte is refused here, and lost nowhere."""
    here, most = scene(mtu=mtu), mtu - 50
    underlay = f"mtu = {mtu}"
    echo = start("--", sys.executable, "-c", ECHO, net=here.containers[1],
                 config=config(2, PEERS, underlay))
    echo.wait_out("serving", 10)
    client = config(1, PEERS, underlay)
    with here.ear() as ear:
        done = run("--", sys.executable, "-c", PROBE, str(most), net=here.containers[0],
                   config=client)
        packets = [packet for packet in heard(ear) if packet[2] == 4789]
        assert (done.status, done.out) == (0, f"{most}\n"), done
        assert packets.count((mtu, 0, 4789)) == 2, packets
        assert all(length <= mtu and not fragment for length, fragment, _ in packets)
        done = run("--", sys.executable, "-c", PROBE, str(most + 1), net=here.containers[0],
                   config=client)
        assert done.out == "Message too long\n", done
        assert all(packet[0] < mtu for packet in heard(ear))


def test_an_mtu_that_does_not_fit_is_refused(run, scene):
    """Small packets would pass, and big ones vanish."""
    here = scene()
    done = run("--", "true", config=config(1, PEERS + "    mtu = 1500\n"), net=here.containers[0])
    assert done.status == 69
    assert "has an MTU of 1500, and only 1450 fit into the packets below" in done.err
    assert "vxlan0" not in here.containers[0].ip("link")


def test_a_container_that_moves_to_another_address(start, run, scene):
    """The other one's file says where it is now: the entry is replaced, the address stays."""
    here = scene()
    assert run("--", "true", net=here.containers[0], config=config(1, PEERS)).status == 0
    moved = PEERS.replace("10.10.2.2", "10.10.2.7")
    there = config(2, moved).replace("10.10.2.2", "10.10.2.7")
    server = start("--", sys.executable, "-c", SERVER, net=here.containers[1], config=there)
    server.wait_out("serving", 10)
    done = run("--", sys.executable, "-c", CLIENT, net=here.containers[0], config=config(1, moved),
               timeout=30)
    assert done.status == 0, done
    fdb = here.containers[0].run("bridge", "fdb", "show", "dev", "vxlan0").stdout
    assert "dst 10.10.2.7" in fdb and "10.10.2.2" not in fdb


def test_an_entry_that_is_lost_comes_back(start, run, scene, app):
    here = scene()
    text = config(1, PEERS).replace("wait = 20s", "wait = 20s\n    reconcile = repair")
    one = start("--", app, "say=up", "pause", config=text, net=here.containers[0])
    one.wait_out("up")
    assert run("--", "true", net=here.containers[1], config=config(2, PEERS)).status == 0
    ns = here.containers[0]
    ns.ip("link", "set", "eth0", "down")  # and with it the way to the other host
    ns.ip("link", "set", "eth0", "up")
    ns.ip("link", "set", "vxlan0", "down")  # and with it the neighbour
    helpers.until(lambda: "10.13.17.2" in ns.ip("neigh", "show", "nud", "permanent") and
                  "default via 10.10.1.1" in ns.ip("route"), 5, "the entries")
    done = ns.run("busybox", "ping", "-c", "1", "-W", "5", "-s", "1422", "10.13.17.2")
    assert done.returncode == 0, done.stdout


REGISTRY = """
    [discovery]
    registry = consul
    address = 10.10.1.1:{port}
    [service node]
    port = 8000
    address = vxlan0
    id = node-{me}-{end}
"""


class Members:
    """Scene E with a registry: Consul on the first host, and a watcher in its container."""

    def __init__(self, scene, consul_in):
        self.scene = scene
        self.consul = consul_in(scene.hosts[0],
                                settings=['addresses { http = "127.0.0.1 10.10.1.1" }'])
        self.entries = scene.containers[0]

    def config(self, me, end=2):
        text = config(me, "peers = service:node") + \
            REGISTRY.format(me=me, end=end, port=self.consul.http_port)
        return text.replace("10.10.2.2", f"10.10.2.{end}")

    def register(self, key, address, **meta):
        data = {"ID": key, "Name": "node", "Address": address, "Port": 1,
                "Meta": {name.replace("_", "-"): value for name, value in meta.items()}}
        assert self.consul.request("PUT", "/v1/agent/service/register", data)[0] == 200

    def known(self):
        """MAC -> host and address -> MAC, of all that is for good."""
        fdb = self.entries.run("bridge", "fdb", "show", "dev", "vxlan0").stdout
        places = {line.split()[0]: line.split("dst ")[1].split()[0]
                  for line in fdb.splitlines() if "dst" in line}
        return places, {n["dst"]: n["lladdr"] for n in
                        self.entries.json("neigh", "show", "dev", "vxlan0", "nud", "permanent")}

    def wait(self, **hosts):
        """Just these are known: _2="10.10.2.2" is 10.13.17.2 at that host."""
        macs = {name[1:]: f"02:42:0a:0d:11:0{name[1:]}" for name in hosts}
        wanted = ({macs[name[1:]]: host for name, host in hosts.items()},
                  {f"10.13.17.{number}": mac for number, mac in macs.items()})
        try:
            helpers.until(lambda: self.known() == wanted, 20, "the entries")
        except AssertionError:
            assert self.known() == wanted

    def fetch(self):
        return self.entries.run(sys.executable, "-c", CLIENT).stdout


@pytest.fixture
def members(scene, consul_in):
    return Members(scene(), consul_in)


def test_members_of_a_service_join_move_and_leave(start, members, app):
    """No file names a neighbour: each container is one instance of a service."""
    one = start("--", app, "say=up", "pause", config=members.config(1),
                net=members.scene.containers[0])
    one.wait_out("up")
    server = ("--", sys.executable, "-c", SERVER)
    two = start(*server, net=members.scene.containers[1], config=members.config(2))
    members.wait(_2="10.10.2.2")
    two.wait_out("serving", 10)
    helpers.until(lambda: "both ways" in members.fetch(), 20, "an answer")
    meta = {s["Address"]: s["Meta"] for s in members.consul.wait_healthy("node", 2)}
    assert meta["10.13.17.2"] == {"pintle-mac": "02:42:0a:0d:11:02", "pintle-vtep": "10.10.2.2"}

    two.stop()
    members.wait()
    # One that is listed where it was, long after it has moved.
    members.register("old", "10.13.17.2", pintle_mac="02:42:0a:0d:11:02", pintle_vtep="10.10.2.2")
    members.wait(_2="10.10.2.2")
    members.scene.containers[1].ip("link", "del", "vxlan0")  # a new container
    three = start(*server, net=members.scene.containers[1], config=members.config(2, end=7))
    members.wait(_2="10.10.2.7")
    three.wait_out("serving", 10)
    helpers.until(lambda: "both ways" in members.fetch(), 20, "an answer")
    assert "warning" not in one.err


def test_members_without_a_place_are_left_out(start, members, app):
    one = start("--", app, "say=up", "pause", config=members.config(1),
                net=members.scene.containers[0])
    one.wait_out("up")
    members.register("a", "10.13.17.8")
    one.wait_err("interface vxlan0: peers: 10.13.17.8 is left out: it has no pintle-vtep", 20)
    members.register("b", "10.13.17.9", pintle_vtep="10.10.2.9")
    members.wait(_9="10.10.2.9")
    # What somebody else puts there goes with the next change.
    members.entries.run("bridge", "fdb", "add", "02:00:00:00:00:77", "dev", "vxlan0", "dst",
                        "10.10.2.7", check=True)
    members.register("c", "10.13.17.6", pintle_mac="02:42:0a:0d:11:06", pintle_vtep="10.10.2.6")
    members.wait(_6="10.10.2.6", _9="10.10.2.9")
    assert members.consul.request("PUT", "/v1/agent/service/deregister/b")[0] == 200
    members.wait(_6="10.10.2.6")
