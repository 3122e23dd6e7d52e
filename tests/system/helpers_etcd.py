# SPDX-License-Identifier: Apache-2.0
"""A real etcd, alone in its cluster, its data in a folder that goes with it."""
import base64
import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from helpers import until
from helpers_consul import free_ports
from helpers_server import Server


def code(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text).decode()


def after(prefix):
    """The first key behind all that begin with prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


class Etcd(Server):
    """On loopback of the host.

    address     host:port; url: the same with http://
    secure      the same, over TLS, if it was given a certificate (helpers_tls.Certificate);
                then clients: who signs those of its clients (helpers_tls.Authority)
    """

    def __init__(self, program, certificate=None, clients=None):
        self.program = program
        self.clients = clients
        self.certificate = certificate
        self.token = None
        client, secure, peer = free_ports(3)
        self.address = f"127.0.0.1:{client}"
        self.secure = f"127.0.0.1:{secure}"
        self.url = f"http://{self.address}"
        self.peer = f"http://127.0.0.1:{peer}"
        self.folder = Path(tempfile.mkdtemp(prefix="etcd-"))
        self.log = (self.folder / "log").open("w")
        self.start()

    # ---- the process ----

    def start(self):
        """Starts it with what it kept, and waits until it answers."""
        urls, files = self.url, []
        if self.certificate:
            urls += f",https://{self.secure}"
            files = ["--cert-file", self.certificate.path, "--key-file", self.certificate.key]
        if self.clients:
            files += ["--trusted-ca-file", self.clients.path, "--client-cert-auth"]
        command = [self.program, "--name", "test", "--data-dir", self.folder / "data", *files,
                   "--listen-client-urls", urls, "--advertise-client-urls", self.url,
                   "--listen-peer-urls", self.peer, "--initial-advertise-peer-urls", self.peer,
                   "--initial-cluster", f"test={self.peer}", "--log-level", "error",
                   "--unsafe-no-fsync"]
        self.process = subprocess.Popen([str(word) for word in command], cwd="/",
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        until(self.answers, 30, "etcd answers")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"etcd ended: {(self.folder / 'log').read_text()[-2000:]}")
        try:
            return self.request("/v3/maintenance/status", {}, timeout=1)[0] == 200
        except OSError:
            return False

    def forget(self):
        """What it knew is gone, when it is started again."""
        self.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def restart(self):
        """It comes back at the same address, with empty state."""
        self.forget()
        self.start()

    def close(self):
        self.kill()
        self.log.close()
        shutil.rmtree(self.folder)

    # ---- asking it ----

    def request(self, path, data, timeout=5):
        """Returns (status, what it answers as data)."""
        request = urllib.request.Request(self.url + path, json.dumps(data).encode())
        if self.token:
            request.add_header("Authorization", self.token)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def ask(self, path, **data):
        status, answer = self.request(path, data)
        assert status == 200, (path, data, answer)
        return answer

    def entries(self, prefix="/"):
        """key -> {key, value, lease...} of all keys with that prefix."""
        found = self.ask("/v3/kv/range", key=code(prefix), range_end=code(after(prefix)))
        return {decode(kv["key"]): kv for kv in found.get("kvs", [])}

    def keys(self, prefix="/"):
        """key -> value"""
        return {key: decode(kv["value"]) for key, kv in self.entries(prefix).items()}

    def delete(self, key):
        self.ask("/v3/kv/deleterange", key=code(key))

    def revoke(self, key):
        """Its lease is over, at once."""
        self.ask("/v3/lease/revoke", ID=self.entries()[key]["lease"])

    def allow(self, user, password, prefix):
        """From now on only that user may write there, and root (password root) all."""
        for name, secret in (("root", "root"), (user, password)):
            self.ask("/v3/auth/user/add", name=name, password=secret)
            self.ask("/v3/auth/role/add", name=name)
            self.ask("/v3/auth/user/grant", user=name, role=name)
        self.ask("/v3/auth/role/grant", name=user, perm={
            "permType": "READWRITE", "key": code(prefix), "range_end": code(after(prefix))})
        self.ask("/v3/auth/enable")
        self.log_in()

    def log_in(self):
        self.token = None
        self.token = self.ask("/v3/auth/authenticate", name="root", password="root")["token"]

    def clear(self):
        """As new for the next test."""
        self.token = None
        if self.process.poll() is not None or not self.answers():
            self.restart()
        elif self.request("/v3/kv/deleterange", {"key": "AA==", "range_end": "AA=="})[0] != 200:
            self.restart()  # a test has switched on its users
