# SPDX-License-Identifier: Apache-2.0
"""A real Consul agent, in development mode: state in memory, lost when it ends."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from helpers import Netns, until
from helpers_server import Server


def find_consul():
    """The program: $CONSUL, build/consul as ci/consul makes it, or from PATH."""
    tree = Path(__file__).resolve().parents[2] / "build" / "consul"
    candidates = [os.environ.get("CONSUL"), tree, tree / "consul", tree / "usr/bin/consul",
                  shutil.which("consul")]
    return next((str(c) for c in candidates if c and Path(c).is_file()), None)


def free_ports(count):
    """Ports that were free a moment ago, for TCP and UDP."""
    held = []
    while len(held) < 2 * count:
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.bind(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
            held += [tcp, udp]
        except OSError:
            tcp.close()
            udp.close()
    ports = [s.getsockname()[1] for s in held[::2]]
    for s in held:
        s.close()
    return ports


class Consul(Server):
    """On loopback, of the host or of a Netns. It knows nothing when it is started again.

    address     host:port for HTTP; url: the same with http://
    dns_port    for dig
    settings    further ones in HCL; {port} in them is a free port, https_port
    token       whoever has none is refused everything; None: nobody needs one
    """

    def __init__(self, program, netns=None, settings=(), token=None):
        self.program = program
        self.netns = netns
        self.token = token
        [self.https_port] = free_ports(1)
        self.settings = [one.replace("{port}", str(self.https_port)) for one in settings]
        self.http_port, self.dns_port, *self.others = free_ports(5)
        self.address = f"127.0.0.1:{self.http_port}"
        self.url = f"http://{self.address}"
        self.log = tempfile.NamedTemporaryFile(prefix="consul-", suffix=".log")
        self.start()

    # ---- the process ----

    def start(self):
        """Starts it, and waits until it has a leader."""
        lan, wan, server = self.others
        command = [self.program, "agent", "-dev", "-bind", "127.0.0.1", "-client", "127.0.0.1",
                   "-http-port", self.http_port, "-dns-port", self.dns_port,
                   "-serf-lan-port", lan, "-serf-wan-port", wan, "-server-port", server,
                   "-hcl", "ports { grpc = -1 }", "-hcl", "dns_config { use_cache = false }",
                   "-hcl", "connect { enabled = false }"]
        for one in self.settings:
            command += ["-hcl", one]
        if self.token:
            command += ["-hcl", 'acl { enabled = true, default_policy = "deny", '
                        f'tokens {{ master = "{self.token}", agent = "{self.token}" }} }}']
        enter = ["nsenter", f"--net={self.netns.path}"] if self.netns else []
        self.process = subprocess.Popen([*enter, *map(str, command)], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, cwd="/")
        until(self.has_leader, 30, "Consul has a leader")

    def has_leader(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Consul ended: {Path(self.log.name).read_text()[-2000:]}")
        try:
            # a registration is possible only after the server's own has been made
            return self.get("/v1/status/leader") and self.get("/v1/catalog/service/consul")
        except (OSError, urllib.error.URLError):
            return False

    def close(self):
        self.kill()
        self.log.close()

    # ---- asking it ----

    def _where(self):
        return self.netns if isinstance(self.netns, Netns) else contextlib.nullcontext()

    def request(self, method, path, data=None, timeout=5):
        """Returns (status, headers, text)."""
        body = json.dumps(data).encode() if data is not None else None
        request = urllib.request.Request(self.url + path, body, method=method)
        if self.token:
            request.add_header("X-Consul-Token", self.token)
        with self._where():
            try:
                with urllib.request.urlopen(request, timeout=timeout) as reply:
                    return reply.status, reply.headers, reply.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.headers, error.read().decode()

    def get(self, path, timeout=5):
        """What it answers, as data."""
        status, _, text = self.request("GET", path, timeout=timeout)
        if status != 200:
            raise urllib.error.URLError(f"{path}: {status} {text}")
        return json.loads(text)

    def services(self):
        """What this agent has registered: id -> {Service, Address, Port, Tags, Meta...}"""
        return self.get("/v1/agent/services")

    def checks(self):
        """id -> {Status, Output, ServiceID...}"""
        return self.get("/v1/agent/checks")

    def healthy(self, name):
        """The passing instances, as a client would find them: [{Service: {...}, Checks...}]"""
        return self.get(f"/v1/health/service/{name}?passing=1")

    def wait_healthy(self, name, count=1, timeout=5):
        """Waits until so many instances are found; returns their Service parts."""
        until(lambda: len(self.healthy(name)) == count, timeout,
              f"{count} healthy {name} in Consul")
        return [instance["Service"] for instance in self.healthy(name)]

    def dns(self, name, kind="A"):
        """dig: the lines of the short answer."""
        command = ["dig", "+short", "+time=1", "+tries=2", "@127.0.0.1", "-p",
                   str(self.dns_port), name, kind]
        enter = ["nsenter", f"--net={self.netns.path}"] if self.netns else []
        done = subprocess.run(enter + command, text=True, capture_output=True, timeout=10)
        return done.stdout.split("\n")[:-1]

    def clear(self):
        """Takes out all services: as new for the next test."""
        if self.process.poll() is not None:
            self.start()
        self.resume()
        for key in self.services():
            self.request("PUT", f"/v1/agent/service/deregister/{urllib.parse.quote(key)}")
        for key in self.checks():
            self.request("PUT", f"/v1/agent/check/deregister/{key}")
