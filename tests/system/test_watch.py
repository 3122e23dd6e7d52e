# SPDX-License-Identifier: Apache-2.0
"""What the application depends on: waited for, told, followed. With a real Consul, a real etcd and
with a directory alike, and with registries that fail in every way."""
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from helpers import processes, until
from helpers_etcd import code
from test_discovery import Double

SHOW = "echo host=$RNG_HOST port=$RNG_PORT all=$RNG_ADDRESSES.; "
LIVE = ("/bin/sh", "-c", SHOW + "trap 'echo hup' HUP; trap 'exit 0' TERM; echo up; "
        "while :; do sleep 0.02; done")


class ConsulRegistry:
    name = "consul"

    def __init__(self, consul):
        self.consul = consul
        self.address = consul.address

    def add(self, key, address, port, service="rng", **more):
        data = {"ID": key, "Name": service, "Address": address, "Port": port, **more}
        assert self.consul.request("PUT", "/v1/agent/service/register", data)[0] == 200

    def remove(self, key, service="rng"):
        assert self.consul.request("PUT", f"/v1/agent/service/deregister/{key}")[0] == 200


class EtcdRegistry:
    name = "etcd"

    def __init__(self, etcd, layout="skydns"):
        self.etcd = etcd
        self.address = etcd.address
        self.layout = layout

    def key(self, key, service):
        folder = "/skydns/local/cluster" if self.layout == "skydns" else "/services"
        return f"{folder}/{service}/{key}"

    def put(self, key, value, service="rng"):
        self.etcd.ask("/v3/kv/put", key=code(self.key(key, service)), value=code(value))

    def add(self, key, address, port, service="rng", **more):
        data = {name.lower(): value for name, value in more.items()}
        host = f"[{address}]" if ":" in address else address
        self.put(key, {
            "skydns": json.dumps({"host": address, "port": port, "priority": 10, **data}),
            "registrator": f"{host}:{port}",
            "plain": json.dumps({"id": key, "name": service, "address": address, "port": port,
                                 "state": "passing", "ttl": 15000, **data})}[self.layout], service)

    def remove(self, key, service="rng"):
        self.etcd.delete(self.key(key, service))


class FileRegistry:
    name = "file"

    def __init__(self, folder):
        self.folder = folder
        self.address = folder

    def add(self, key, address, port, service="rng", ttl=60000, state="passing", **more):
        data = {"id": key, "name": service, "address": address, "port": port, "state": state,
                "ttl": ttl, **{name.lower(): value for name, value in more.items()}}
        new = self.folder / f".{key}.new"
        new.write_text(json.dumps(data))
        new.rename(self.folder / f"{service}@{key}.json")

    def remove(self, key, service="rng"):
        (self.folder / f"{service}@{key}.json").unlink()


@pytest.fixture
def folder():
    """A directory that the agent can read, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="pintle-test-") as parent:
        os.chmod(parent, 0o755)
        made = Path(parent) / "registry"
        made.mkdir()
        made.chmod(0o1777)
        yield FileRegistry(made)


@pytest.fixture(params=["consul", "etcd", "folder"])
def registry(request):
    one = request.getfixturevalue(request.param)
    kinds = {"consul": ConsulRegistry, "etcd": EtcdRegistry}
    return kinds[request.param](one) if request.param in kinds else one


@pytest.fixture
def double():
    made = []

    def make(*arguments):
        made.append(Double(*arguments))
        return made[-1]
    yield make
    for one in made:
        one.close()


def settings(registry, watch="", address=None, kind=None, discovery="", more=""):
    return (f"[discovery]\nregistry = {kind or registry.name}\n"
            f"address = {address or registry.address}\n{discovery}\n"
            f"[watch rng]\n{watch}\n[log]\nlevel = debug\n{more}\n")


@pytest.fixture
def watching(start, registry):
    """watching(watch settings...): pintle with an application that tells what it was given."""
    def make(watch="", command=LIVE, **options):
        return start("--", *command, net="host", config=settings(registry, watch, **options))
    return make


def status(pintle, run):
    done = subprocess.run(["nsenter", f"--mount=/proc/{run.pid}/ns/mnt", pintle, "--status=json"],
                          capture_output=True, text=True, timeout=10)
    return json.loads(done.stdout)


def agent_of(run):
    return next((p for p in processes() if p.parent == run.pid and "agent" in p.name), None)


# ---- the start ----

def test_the_start_waits_for_an_instance(watching, registry):
    run = watching()
    run.wait_err("-> waiting")
    run.wait_err("watch rng: 0 instances")
    registry.add("a", "10.0.0.1", 80)
    run.wait_out(r"^host=10.0.0.1 port=80 all=10.0.0.1:80\.$")
    run.wait_out("^up$")
    assert "started" not in run.err.split("watch rng: 1 instances")[0]
    run.wait_out("up")  # its traps are set
    assert run.stop()[0] == 0


def test_all_addresses_are_told_and_sorted(watching, registry):
    registry.add("b", "10.0.0.2", 80)
    registry.add("c", "fd00::3", 82)
    registry.add("a", "10.0.0.1", 81)
    run = watching()
    run.wait_out(r"^host=10.0.0.1 port=81 all=10.0.0.1:81,10.0.0.2:80,\[fd00::3\]:82\.$")


def test_a_start_waits_for_all_that_it_needs(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    command = ("/bin/sh", "-c", "echo $RNG_HOST-$MY_DB_HOST; exec sleep 100")
    run = watching(command=command, more="[watch my-db]\nservice = db\n")
    run.wait_err("watch rng: 1 instances")
    run.wait_err("watch my-db: 0 instances")
    registry.add("d", "10.0.0.9", 5432, "db")
    run.wait_out("^10.0.0.1-10.0.0.9$")


def test_what_is_missing_is_named(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching("wait = 300ms", more="[watch my-db]\nservice = db\nwait = 300ms\n"
                   "[watch mq]\nwait = 300ms\n")
    assert run.end() == 69
    [line] = [line for line in run.err.splitlines() if "no healthy instance" in line]
    assert "db (watch my-db), mq (watch mq)" in line and "rng" not in line
    assert run.out == ""


def test_only_instances_with_the_tags_count(watching, registry):
    registry.add("a", "10.0.0.1", 80, Tags=["v1"])
    registry.add("b", "10.0.0.2", 80, Tags=["v1", "blue"])
    run = watching("tag = blue, v1")
    run.wait_out(r"all=10.0.0.2:80\.$")


def test_a_stop_ends_the_wait_at_once(watching):
    run = watching()
    run.wait_err("watch rng: 0 instances")
    code, seconds = run.stop()
    assert code == 143 and seconds < 1
    assert run.out == ""


def test_the_start_does_not_wait_where_it_is_not_to(watching, registry, until):
    run = watching("wait = 0\non-change = exec sh -c 'echo now $RNG_HOST'")
    run.wait_out(r"^host= port= all=\.$")
    assert "waiting" not in run.err
    registry.add("a", "10.0.0.1", 80)
    run.wait_out("^now 10.0.0.1$")


def test_jobs_know_what_is_known_when_they_begin(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching(more="[job one]\ncommand = sh -c 'echo one $RNG_HOST ${RNG_PORT} $HOME'\n"
                   "user = 1234\nwhen = every 50ms\n")
    run.wait_out("^one 10.0.0.1 80 /$")
    registry.remove("a")
    registry.add("b", "10.0.0.2", 81)
    run.wait_out("^one 10.0.0.2 81 /$")


def test_jobs_come_before_the_wait(watching, registry):
    run = watching(more="[job first]\ncommand = echo job\n")
    run.wait_out("^job$")
    run.wait_err("pre-start -> waiting")
    registry.add("a", "10.0.0.1", 80)
    run.wait_out("^up$")


# ---- registries that can't be reached ----

def unreachable(double, how):
    """The address of a registry that refuses, hangs, or talks nonsense."""
    if how == "refuses":
        made = double()
        made.close()
        return made.address
    answers = {"hangs": None, "errors": "HTTP/1.1 500 No leader\r\nContent-Length: 0\r\n\r\n",
               "denies": "HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\n\r\nACL not found",
               "lies": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\": nul",
               "is something else": "SSH-2.0-OpenSSH_9.2\r\n"}
    return double(lambda request: answers[how]).address


@pytest.mark.parametrize("how", ["refuses", "hangs", "errors", "denies", "lies",
                                 "is something else"])
def test_without_the_registry_the_start_goes_on(start, double, how):
    address = unreachable(double, how)
    run = start("--", *LIVE, net="host", env={"RNG_HOST": "fallback"},
                config=settings(None, "wait = 300ms", address, "consul", "timeout = 100ms"))
    run.wait_out(r"^host=fallback port= all=\.$")
    run.wait_err("watch rng: the registry has not answered in time")
    run.wait_out("^up$")
    assert run.stop()[0] == 0


def test_a_registry_that_is_required_is_waited_for(start, double):
    answers = []
    registry = double(lambda request: answers[0] if answers else None)
    run = start("--", *LIVE, net="host", config=settings(
        None, "wait = 200ms", registry.address, "consul", "timeout = 100ms\nrequired = yes"))
    run.wait_err("not answered in time; it is required", count=2)
    assert run.out == ""
    answers.append(reply([instance("a")], 5))
    run.wait_out("^host=10.0.0.1 ")


# ---- what changes while it runs ----

def test_the_application_gets_a_signal(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching("on-change = signal HUP")
    run.wait_out("^up$")
    registry.add("b", "10.0.0.2", 80)
    run.wait_out("^hup$")
    registry.remove("a")
    run.wait_out("^hup$", count=2)
    assert run.stop()[0] == 0


def test_a_command_runs(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching("on-change = exec sh -c 'echo now ${RNG_ADDRESSES} $RNG_PORT $(id -u)'",
                   more="[app]\nuser = 1234\n")
    run.wait_out("^up$")
    registry.add("b", "10.0.0.2", 81)
    run.wait_out("^now 10.0.0.1:80,10.0.0.2:81 80 1234$")


def test_the_application_starts_anew(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    command = ("/bin/sh", "-c", 'trap "echo bye; exit 7" TERM; echo "$0 $URL"; '
               "while :; do sleep 0.02; done", "${RNG_HOST}")
    run = watching("on-change = restart", command=(), more="[env]\nURL = http://${RNG_HOST}:"
                   "${RNG_PORT}/\n[app]\ncommand = " + " ".join(f"'{w}'" for w in command) + "\n")
    run.wait_out("^10.0.0.1 http://10.0.0.1:80/$")
    registry.add("0", "10.0.0.2", 81)
    run.wait_out("^bye\n10.0.0.2 http://10.0.0.2:81/$")
    assert run.stop()[0] == 7
    assert run.out.count("bye") == 2


def test_a_restart_withdraws_the_service_first(watching, registry, until):
    registry.add("a", "10.0.0.1", 80)
    run = watching("on-change = restart", more="[service web]\nport = 8080\ndrain = 200ms\n"
                   "address = static:10.9.8.7\n")
    run.wait_err("service web: registered")
    registry.add("b", "10.0.0.2", 80)
    run.wait_err("service web: registered", count=2)
    run.wait_out("^up$", count=2)
    order = [run.err.index(text) for text in ("service web: withdrawn", "draining -> stopping",
                                              "-> clearing", "restarting -> starting")]
    assert order == sorted(order)


def test_many_changes_at_once_are_one(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching("on-change = signal HUP\ndebounce = 1s")
    run.wait_out("^up$")
    time.sleep(1)
    for i in range(20):
        registry.add(f"b{i}", "10.0.0.2", 8000 + i)
    run.wait_err("watch rng: 21 instances")
    assert 1 <= run.err.count("instances") - 1 <= 3


def test_an_empty_list_has_to_last(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching("on-change = exec sh -c 'echo now $RNG_HOST.'\nempty-after = 1s")
    run.wait_out("^up$")
    for _ in range(3):
        registry.remove("a")
        time.sleep(0.3)
        registry.add("a", "10.0.0.1", 80)
        time.sleep(0.1)
    time.sleep(1)
    assert "now" not in run.out
    registry.remove("a")
    begin = time.monotonic()
    run.wait_out(r"^now \.$")
    assert time.monotonic() - begin > 0.9


def test_what_could_do_harm_is_left_out(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    registry.add("a b", "10.0.0.2", 80)
    registry.add("c", "10.0.0.3", 80, Tags=["x\ny"])
    registry.add("d", "$(reboot)", 80)
    run = watching()
    run.wait_out(r"all=10.0.0.1:80\.$")
    run.wait_err("watch rng: 3 of its instances are left out")


def test_status_tells_of_watches(watching, registry, pintle):
    registry.add("a", "10.0.0.1", 80)
    run = watching(more="[watch db]\nwait = 0\n")
    run.wait_out("^up$")
    run.wait_err("watch db: 0 instances")
    rng, db = until(lambda: status(pintle, run)["watches"])
    assert rng == {"name": "rng", "state": "current", "instances": 1,
                   "addresses": "10.0.0.1:80"}
    assert db == {"name": "db", "state": "current", "instances": 0}


def test_an_agent_that_dies_changes_nothing(watching, registry):
    registry.add("a", "10.0.0.1", 80)
    run = watching("on-change = signal HUP")
    run.wait_out("^up$")
    for n in range(3):
        os.kill(until(lambda: agent_of(run)).pid, signal.SIGKILL)
        run.wait_err("watch rng: 1 instances", count=n + 2)
    assert "hup" not in run.out
    os.kill(until(lambda: agent_of(run)).pid, signal.SIGKILL)
    registry.add("b", "10.0.0.2", 80)  # meanwhile
    run.wait_out("^hup$")
    assert run.stop()[0] == 0
    assert run.out.count("hup") == 1


@pytest.mark.parametrize("action", ["signal HUP", "exec sh -c 'echo hup'"])
def test_a_change_is_acted_on_within_100_ms(watching, registry, action):
    registry.add("a", "10.0.0.1", 80)
    run = watching(f"on-change = {action}\ndebounce = 50ms")
    run.wait_out("^up$")
    times = []
    for i in range(15):
        time.sleep(0.1)
        registry.add("b", "10.0.0.2", 8000 + i)
        begin = time.monotonic()
        run.wait_out("^hup$", count=i + 1)
        times.append(time.monotonic() - begin)
    assert statistics.median(times) < 0.1, times


# ---- Consul ----

def test_a_consul_that_comes_back_empty_changes_nothing(start, consul, pintle):
    registry = ConsulRegistry(consul)
    registry.add("a", "10.0.0.1", 80)
    run = start("--", *LIVE, net="host", config=settings(registry, "on-change = signal HUP\n"
                                                         "empty-after = 30s"))
    run.wait_out("^up$")
    consul.kill()
    run.wait_err("watch rng: consul at .*; trying again")
    assert until(lambda: status(pintle, run)["watches"][0])["state"] == "stale"
    consul.start()
    run.wait_err("answers again", 20)
    registry.add("a", "10.0.0.1", 80)
    until(lambda: status(pintle, run)["watches"][0]["state"] == "current")
    registry.add("b", "10.0.0.2", 80)
    run.wait_out("^hup$", 20)
    assert run.out.count("hup") == 1 and "watch rng: 0" not in run.err


def test_a_consul_that_hangs_delays_nothing(start, consul):
    registry = ConsulRegistry(consul)
    consul.pause()
    run = start("--", *LIVE, net="host", config=settings(registry, "wait = 500ms"))
    run.wait_out(r"^host= port= all=\.$")
    run.wait_out("^up$")
    consul.resume()
    registry.add("a", "10.0.0.1", 80)
    run.wait_err("watch rng: 1 instances", 20)
    consul.pause()
    assert run.stop()[0] == 0
    consul.resume()


def test_critical_instances_are_not_told(start, consul):
    registry = ConsulRegistry(consul)
    registry.add("a", "10.0.0.1", 80)
    registry.add("b", "10.0.0.2", 80, Checks=[{"CheckID": "b", "TTL": "60s"}])
    run = start("--", *LIVE, net="host",
                config=settings(registry, "on-change = exec sh -c 'echo now $RNG_ADDRESSES'"))
    run.wait_out(r"all=10.0.0.1:80\.$")
    consul.request("PUT", "/v1/agent/check/pass/b")
    run.wait_out("^now 10.0.0.1:80,10.0.0.2:80$")


# ---- a double of Consul ----

def instance(key, address="10.0.0.1", port=80, **more):
    return {"Node": {"Address": "127.0.0.1"},
            "Service": {"ID": key, "Address": address, "Port": port, **more}, "Checks": []}


def reply(instances, index):
    body = json.dumps(instances)
    header = f"X-Consul-Index: {index}\r\n" if index is not None else ""
    return f"HTTP/1.1 200 OK\r\n{header}Content-Length: {len(body)}\r\n\r\n{body}"


def indexes(registry):
    return [re.search(r"[&]index=(\d+)", line) for line in registry.lines()]


def test_the_index_is_followed_and_may_go_backwards(start, double):
    script = [(["a"], 100), (["a", "b"], 101), (["a"], 7), (["a", "c"], 7), (["a"], 0),
              (["b"], None), (["c"], 2 ** 64)]
    registry = double(lambda request: reply([instance(k) for k in script[len(registry.requests) - 1][0]],
                                            script[len(registry.requests) - 1][1])
                      if len(registry.requests) <= len(script) else None)
    run = start("--", *LIVE, net="host", config=settings(None, "", registry.address, "consul"))
    run.wait_out("^up$")
    until(lambda: len(registry.requests) == len(script) + 1)
    asked = [int(m[1]) if m else None for m in indexes(registry)]
    assert asked == [None, 100, 101, None, 7, None, 1, 1]
    lines = registry.lines()
    assert lines[0] == "GET /v1/health/service/rng?passing=1 HTTP/1.1"
    assert lines[1] == "GET /v1/health/service/rng?passing=1&index=100&wait=60s HTTP/1.1"


def test_questions_have_all_that_was_asked_for(start, double):
    registry = double(lambda request: reply([instance("a")], 5) if "index" not in request else None)
    run = start("--", *LIVE, net="host", config=settings(
        None, "service = a/b c\ntag = x&y, z\nnear = _agent", registry.address, "consul",
        "token = secret"))
    run.wait_out("^up$")
    assert registry.lines()[0] == ("GET /v1/health/service/a%2Fb%20c?passing=1&tag=x%26y&tag=z"
                                   "&near=_agent HTTP/1.1")
    assert "\r\nX-Consul-Token: secret\r\n" in registry.requests[0]


def test_the_nearest_comes_first(start, double):
    registry = double(lambda request: reply([instance("b", "10.0.0.2"), instance("a")], 5)
                      if "index" not in request else None)
    run = start("--", *LIVE, net="host",
                config=settings(None, "near = _agent", registry.address, "consul"))
    run.wait_out(r"^host=10.0.0.2 port=80 all=10.0.0.2:80,10.0.0.1:80\.$")


def test_a_registry_that_never_waits_is_not_asked_all_the_time(start, double):
    registry = double(lambda request: reply([instance("a")], 5))
    run = start("--", *LIVE, net="host", config=settings(None, "", registry.address, "consul"))
    run.wait_out("^up$")
    time.sleep(3)
    assert len(registry.requests) < 15


def test_failures_keep_the_list(start, double):
    """What a registry says once it fails is none of the application's business."""
    bad = ["HTTP/1.1 500 E\r\nX-Consul-Index: 1\r\nContent-Length: 2\r\n\r\n[]",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n[",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\nx\r\n]",
           "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
           "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n"]
    registry = double(lambda request: reply([instance("a")], 5) if len(registry.requests) == 1
                      else bad[len(registry.requests) - 2]
                      if len(registry.requests) <= len(bad) + 1 else None)
    run = start("--", *LIVE, net="host", config=settings(
        None, "empty-after = 0\non-change = signal HUP", registry.address, "consul",
        "timeout = 100ms"))
    run.wait_out("^up$")
    until(lambda: len(registry.requests) >= len(bad) + 2, 30)
    assert "hup" not in run.out and "0 instances" not in run.err


def test_long_answers_are_read_and_longer_ones_refused(start, double):
    """5 MB of what nobody needs, then more than anybody needs: the agent stays small."""
    long = instance("a", Padding="x" * (5 << 20))
    endless = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n["
    registry = double(lambda request: reply([long], 5) if len(registry.requests) == 1 else endless)
    run = start("--", *LIVE, net="host", config=settings(None, "", registry.address, "consul"))
    run.wait_out("^host=10.0.0.1 ")
    run.wait_err("body is too long")
    assert int(agent_of(run).fields["VmRSS"].split()[0]) < 4096


# ---- etcd ----

@pytest.fixture
def following(start, etcd):
    """following(discovery settings, watch settings, layout): pintle, and its registry."""
    def make(discovery="", watch="on-change = exec sh -c 'echo now $RNG_ADDRESSES.'",
             layout="skydns", address=None):
        registry = EtcdRegistry(etcd, layout)
        registry.add("a", "10.0.0.1", 80)
        return registry, start("--", *LIVE, net="host", config=settings(
            registry, watch, address, discovery=f"layout = {layout}\n{discovery}"))
    return make


@pytest.mark.parametrize("layout", ["skydns", "registrator", "plain"])
def test_each_layout_of_etcd_is_read(following, etcd, layout):
    registry, run = following(layout=layout)
    run.wait_out(r"all=10.0.0.1:80\.$")
    registry.put("b", "nonsense")
    run.wait_err("watch rng: 1 of its instances are left out: its value is none of this layout")
    registry.add("c", "fd00::3", 82)
    run.wait_out(r"^now 10.0.0.1:80,\[fd00::3\]:82\.$")
    registry.add("z", "10.0.0.9", 80, "rngs")
    lease = etcd.ask("/v3/lease/grant", TTL=2)["ID"]
    etcd.ask("/v3/kv/put", key=code(registry.key("c", "rng")), lease=lease,
             value=etcd.entries(registry.key("c", "rng"))[registry.key("c", "rng")]["value"])
    run.wait_out(r"^now 10.0.0.1:80\.$", 20)


def test_tags_and_long_values_are_read(following):
    registry, run = following(watch="tag = x\non-change = exec sh -c 'echo now $RNG_ADDRESSES.'\n"
                              "empty-after = 0")
    registry.add("b", "10.0.0.2", 80, Tags=["x"], Meta={f"k{i}": "v" * 500 for i in range(7)})
    run.wait_out(r"10.0.0.2:80\.$")
    assert "10.0.0.1" not in run.out


def test_an_etcd_that_comes_back_empty_changes_nothing(following, etcd, pintle):
    registry, run = following(watch="on-change = signal HUP\nempty-after = 30s")
    run.wait_out("^up$")
    etcd.forget()
    run.wait_err("watch rng: etcd at .*; trying again")
    assert until(lambda: status(pintle, run)["watches"][0])["state"] == "stale"
    etcd.start()
    run.wait_err("answers again", 30)
    registry.add("a", "10.0.0.1", 80)
    until(lambda: status(pintle, run)["watches"][0]["state"] == "current")
    registry.add("b", "10.0.0.2", 80)
    run.wait_out("^hup$", 20)
    assert run.out.count("hup") == 1 and "watch rng: 0" not in run.err


def test_a_compaction_is_no_matter(following, etcd):
    registry, run = following()
    run.wait_out("^up$")
    for i in range(3):
        registry.add("b", "10.0.0.2", 8000 + i)
        run.wait_out(rf"^now 10.0.0.1:80,10.0.0.2:{8000 + i}\.$")
        revision = etcd.ask("/v3/kv/range", key=code("x"))["header"]["revision"]
        etcd.ask("/v3/kv/compaction", revision=revision, physical=True)
    etcd.pause()
    time.sleep(0.2)
    etcd.resume()
    etcd.kill()
    etcd.start()
    registry.add("c", "10.0.0.3", 80)
    run.wait_out("10.0.0.3:80", 30)
    assert "now ." not in run.out


def test_an_etcd_that_hangs_delays_nothing(start, etcd):
    registry = EtcdRegistry(etcd)
    etcd.pause()
    run = start("--", *LIVE, net="host", config=settings(registry, "wait = 500ms",
                                                         discovery="timeout = 500ms"))
    run.wait_out(r"^host= port= all=\.$")
    etcd.resume()
    registry.add("a", "10.0.0.1", 80)
    run.wait_err("watch rng: 1 instances", 20)
    etcd.pause()
    assert run.stop()[0] == 0
    etcd.resume()


def test_a_user_of_etcd_logs_in_and_again(following, etcd, tmp_path):
    (tmp_path / "password").write_text("secret\n")
    etcd.allow("rng", "secret", "/skydns/")
    registry, run = following(f"user = rng\npassword = file:{tmp_path}/password")
    run.wait_out(r"all=10.0.0.1:80\.$")
    etcd.ask("/v3/auth/role/add", name="another")  # no token outlives that
    etcd.log_in()
    registry.add("b", "10.0.0.2", 80)
    run.wait_out(r"^now 10.0.0.1:80,10.0.0.2:80\.$")
    assert "trying again" not in run.err


def test_the_next_address_of_etcd_is_asked(following, etcd, double):
    refuses = double(lambda request: "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
    dead = "127.0.0.1:1"
    _, run = following(address=f"{dead},{refuses.address},{etcd.address}")
    run.wait_out(r"all=10.0.0.1:80\.$", 20)


def test_an_etcd_that_tells_of_nothing_is_asked_seldom(start, double):
    """Neither one that ends each watch at once, nor one that refuses them, makes it busy."""
    kv = {"key": code("/skydns/local/cluster/rng/a"), "value": code('{"host":"10.0.0.1"}')}
    body = json.dumps({"header": {"revision": "5"}, "kvs": [kv]})
    answers = [f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}",
               "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"]
    registry = double(lambda request: answers["/v3/watch" in request])
    run = start("--", *LIVE, net="host", config=settings(None, "", registry.address, "etcd"))
    run.wait_err("etcd does not tell of changes: status 404")
    answers[1] = ('HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n'
                  '{"result":{"created":true,"canceled":true}}')
    time.sleep(4)
    assert len(registry.requests) < 40
    assert run.err.count("does not tell") == 1


# ---- a directory ----

def test_an_instance_without_heartbeats_is_dead_until_there_is_one(start, folder):
    folder.add("a", "10.0.0.1", 80)
    folder.add("b", "10.0.0.2", 80, ttl=500)
    run = start("--", *LIVE, net="host",
                config=settings(folder, "on-change = exec sh -c 'echo now $RNG_ADDRESSES'"))
    run.wait_out(r"all=10.0.0.1:80,10.0.0.2:80\.$")
    run.wait_out("^now 10.0.0.1:80$")
    os.utime(folder.folder / "rng@b.json")
    run.wait_out("^now 10.0.0.1:80,10.0.0.2:80$")
    run.wait_out("^now 10.0.0.1:80$", count=2)


def test_other_files_are_none_of_ours(start, folder):
    folder.add("a", "10.0.0.1", 80)
    folder.add("b", "10.0.0.2", 80, "rngs")
    folder.add("c", "10.0.0.3", 80, state="critical")
    (folder.folder / "rng@d.json").write_text("{")
    (folder.folder / "rng@e.json").write_text("x" * 100000)
    (folder.folder / "rng@f.json").symlink_to("/etc/passwd")
    (folder.folder / "rng@g.json").mkdir()
    os.mkfifo(folder.folder / "rng@h.json")
    run = start("--", *LIVE, net="host", config=settings(folder))
    run.wait_out(r"all=10.0.0.1:80\.$")


def test_a_directory_that_goes_keeps_the_list(start, folder):
    folder.add("a", "10.0.0.1", 80)
    run = start("--", *LIVE, net="host",
                config=settings(folder, "on-change = signal HUP\nempty-after = 0"))
    run.wait_out("^up$")
    folder.folder.rename(folder.folder.parent / "gone")
    run.wait_err("watch rng: file at .*: No such file or directory; trying again")
    (folder.folder.parent / "gone").rename(folder.folder)
    run.wait_err("answers again")
    assert "hup" not in run.out
    folder.add("b", "10.0.0.2", 80)
    run.wait_out("^hup$")


def test_pintles_find_each_other(start, app, folder):
    run = start("--", *LIVE, net="host", config=settings(folder))
    run.wait_err("watch rng: 0 instances")
    start("--", app, "quit=15,0,0", "say=up", "pause", net="host", config=(
        f"[discovery]\nregistry = file\naddress = {folder.folder}\n"
        "[service rng]\nport = 8080\naddress = static:10.1.2.3\n"))
    run.wait_out("^host=10.1.2.3 port=8080 ")
