# SPDX-License-Identifier: Apache-2.0
"""What every registry has to do, with each of them: the same scenes, and what a client of that registry
would find. What only one of them has is in test_discovery.py and test_etcd.py."""
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

import helpers_consul
from helpers import Late, until

TTL = 5


class OfConsul:
    """What clients find: services all of whose checks pass."""
    name = "consul"

    def __init__(self, consul):
        self.server = consul

    def settings(self):
        return f"address = {self.server.address}\n"

    def instances(self, name):
        found = [entry["Service"] for entry in self.server.healthy(name)]
        return {s["ID"]: (s["Address"], s["Port"], s["Tags"] or [], s["Meta"] or {})
                for s in found}


class OfEtcd:
    """What clients find: keys."""
    name = "etcd"

    def __init__(self, etcd):
        self.server = etcd

    def settings(self):
        return f"address = {self.server.address}\n"

    def instances(self, name):
        found = self.server.keys(f"/skydns/local/cluster/{name}/")
        values = {key.split("/")[-1]: json.loads(text) for key, text in found.items()}
        return {key: (v["host"], v["port"], v.get("tags", []), v.get("meta", {}))
                for key, v in values.items()}


class OfFile:
    """What clients find: files whose state is passing and that were touched within their ttl."""
    name = "file"

    def __init__(self, folder):
        folder.mkdir()
        self.server = self
        self.folder = folder

    def settings(self):
        return f"address = {self.folder}\n"

    def restart(self):
        """Another volume."""
        self.folder.rename(self.folder.with_name("before"))
        self.folder.mkdir()
        self.folder.chmod(0o1777)

    def instances(self, name):
        found = {}
        for path in self.folder.glob(f"{name}@*.json"):
            try:
                entry, touched = json.loads(path.read_text()), path.stat().st_mtime
            except FileNotFoundError:
                continue
            if entry["state"] == "passing" and time.time() < touched + entry["ttl"] / 1000:
                found[entry["id"]] = (entry["address"], entry["port"], entry.get("tags", []),
                                      entry.get("meta", {}))
        return found


def of(*names):
    """For tests that not all registries have something to say to."""
    return pytest.mark.parametrize("registry", names, indirect=True)


SERVERS = of("consul", "etcd")  # processes, that can be stopped and killed


@pytest.fixture(params=["consul", "etcd", "file"])
def registry(request, tmp_path):
    if request.param == "file":
        return OfFile(tmp_path / "volume")
    kind = OfConsul if request.param == "consul" else OfEtcd
    return kind(request.getfixturevalue(request.param))


@pytest.fixture
def server(registry):
    return registry.server


@pytest.fixture
def begin(start, app, registry):
    """begin(settings...): pintle with [service web], and its application is up. Nothing waits before
    it, whatever the registry does."""
    def make(service="", more="", discovery="", steps=("quit=15,0,0", "say=up", "pause"),
             patience=5, **options):
        drain = "" if "drain" in service else "drain = 0\n"
        run = start("--", app, *steps, net="host", **options, config=(
            f"[discovery]\nregistry = {registry.name}\n{registry.settings()}{discovery}\n"
            f"[service web]\nport = 8080\naddress = static:10.9.8.7\nid = web-1\nttl = {TTL}s\n"
            f"{drain}{service}\n{more}\n[log]\nlevel = info\n"))
        run.wait_out("^up$", patience)
        return run
    return make


@pytest.fixture
def found(registry):
    """found(): the ids that clients find; found(ids..., timeout=): waits until it is these."""
    def look(*ids, name="web", timeout=5):
        until(lambda: list(registry.instances(name)) == list(ids), timeout,
              f"{name} is {ids} in {registry.name}")
    return look


# ---- the ordinary life ----

def test_registered_with_all_that_was_asked_for(registry, begin, found):
    begin("tags = blue\ntags = v1\nmeta.version = 1.2\n")
    found("web-1")
    assert registry.instances("web") == {
        "web-1": ("10.9.8.7", 8080, ["blue", "v1"], {"version": "1.2"})}


def test_nothing_is_added(registry, begin, found):
    begin("name = other\n")
    found("web-1", name="other")
    assert registry.instances("other") == {"web-1": ("10.9.8.7", 8080, [], {})}
    assert registry.instances("web") == {}


def test_several_services(registry, begin, found):
    more = "".join(f"[service s{n}]\nport = {9000 + n}\naddress = static:10.0.0.{n}\nid = s{n}-1\n"
                   "drain = 0\n" for n in range(20))
    run = begin(more=more)
    found("web-1")
    for n in range(20):
        found(f"s{n}-1", name=f"s{n}")
    assert registry.instances("s7") == {"s7-1": ("10.0.0.7", 9007, [], {})}
    assert run.stop()[0] == 0
    for n in range(20):
        assert registry.instances(f"s{n}") == {}


def test_heartbeats_keep_it_there(registry, begin, found):
    begin()
    found("web-1")
    end = time.monotonic() + TTL + 2
    while time.monotonic() < end:
        assert list(registry.instances("web")) == ["web-1"]
        time.sleep(0.1)


def test_withdrawn_before_the_application_is_told(registry, begin):
    run = begin(steps=("quit=15,0,700", "say=up", "pause"))
    until(lambda: registry.instances("web"), 5, "it is there")
    run.signal(signal.SIGTERM)
    run.wait_out("^signal 15$")
    assert registry.instances("web") == {}  # though it goes on for 700 ms
    assert run.end() == 0
    assert "not withdrawn" not in run.err


def test_withdrawn_at_once_and_drained(registry, begin, found):
    run = begin("drain = 1s\n")
    found("web-1")
    began = time.monotonic()
    run.signal(signal.SIGTERM)
    found(timeout=0.8)
    assert "signal 15" not in run.out
    assert run.end() == 0
    assert run.ended_at - began > 0.95


def test_an_end_of_its_own_is_withdrawn(registry, begin, found):
    run = begin(steps=("quit=12,7,0", "say=up", "pause"))
    found("web-1")
    os.kill(run.application().pid, signal.SIGUSR2)
    assert run.end() == 7
    assert registry.instances("web") == {}


def test_a_killed_container_is_gone_after_its_ttl(registry, begin, found):
    run = begin()
    found("web-1")
    os.kill(run.pid, signal.SIGKILL)
    run.end()
    assert list(registry.instances("web")) == ["web-1"]
    found(timeout=TTL + 5)


def test_one_that_comes_after_a_killed_one(registry, begin, found):
    """With the same id and other data, before the first one's ttl is over."""
    run = begin("tags = old\n")
    found("web-1")
    os.kill(run.pid, signal.SIGKILL)
    run.end()
    run = begin("tags = new\n")
    until(lambda: registry.instances("web").get("web-1", [None] * 3)[2] == ["new"], 5, "the new one")
    assert run.stop()[0] == 0
    assert registry.instances("web") == {}


# ---- checks ----

CHECK = "[check web]\nexec = /usr/bin/test -e {}\ninterval = 100ms\nrise = 1\nfall = 1\n"


def test_a_check_takes_it_out_and_back(begin, found, tmp_path):
    sign = tmp_path / "sign"
    run = begin(more=CHECK.format(sign))
    run.wait_err("registered in")
    found()
    sign.touch()
    found("web-1")
    sign.unlink()
    found()
    sign.touch()
    found("web-1")
    assert run.stop()[0] == 0
    found()


def test_initially_passing(begin, found, tmp_path):
    """Until the first result, which does not come."""
    check = "[check web]\nexec = /bin/sleep 100\ntimeout = 50s\ninterval = 50s\n"
    begin("initial = passing\n", check)
    found("web-1")


def test_what_is_critical_stays_so_in_a_new_registry(registry, begin, found, tmp_path):
    sign = tmp_path / "sign"
    run = begin(more=CHECK.format(sign))
    run.wait_err("registered in")
    registry.server.restart()
    time.sleep(TTL / 2)  # a heartbeat is due every ttl / 3
    found()
    sign.touch()
    found("web-1")


# ---- maintenance ----

def test_maintenance_lasts(registry, begin, found):
    """--drain outlives the agent, a registry without memory and a new start of the application."""
    run = begin(more="[app]\nrestart = always\nrestart-delay = 10ms\n",
                steps=("quit=12,7,0", "say=up", "pause"))
    found("web-1")
    assert run.pintle("--drain").returncode == 0
    found()
    os.kill(run.agent().pid, signal.SIGKILL)
    run.wait_err("started again")
    registry.server.restart()
    os.kill(run.application().pid, signal.SIGUSR2)
    run.wait_out("^up$", count=2)
    until(lambda: run.pintle("--health").returncode == 0, 5, "it runs")
    time.sleep(TTL / 3)
    assert registry.instances("web") == {} and run.pintle("--ready").returncode == 1
    assert run.pintle("--resume").returncode == 0
    found("web-1")


def test_a_stop_in_maintenance_has_nothing_to_wait_for(begin, found):
    run = begin("drain = 5s\n")
    found("web-1")
    assert run.pintle("--drain").returncode == 0
    found()
    until(lambda: "gone" in run.pintle("--status").stdout, 2, "pintle knows")
    time.sleep(0.1)
    status, seconds = run.stop()
    assert status == 0 and seconds < 1.3


# ---- accidents ----

def test_an_agent_that_is_killed_all_the_time(registry, begin, found):
    """It is never out, and the application never notices."""
    run = begin()
    found("web-1")
    pid = run.application().pid
    for _ in range(4):
        os.kill(run.agent().pid, signal.SIGKILL)
        for _ in range(10):
            assert list(registry.instances("web")) == ["web-1"]
            time.sleep(0.03)
        until(lambda: run.agent(), 5, "an agent")
    assert run.application().pid == pid
    assert run.stop()[0] == 0
    found()


def test_a_registry_that_has_forgotten_all(registry, begin, found):
    run = begin()
    found("web-1")
    registry.server.restart()
    found("web-1", timeout=TTL)
    assert run.stop()[0] == 0
    found()


@SERVERS
def test_a_registry_that_is_away_for_a_while(server, begin, found):
    run = begin()
    found("web-1")
    server.kill()
    run.wait_err("trying again", timeout=TTL)
    server.start()
    found("web-1", timeout=20)
    assert run.err.count("trying again") == 1
    assert run.stop()[0] == 0
    found()


@SERVERS
def test_a_registry_that_comes_late(server, begin, found):
    server.kill()
    run = begin()
    run.wait_err("Connection refused; trying again")
    server.start()
    found("web-1", timeout=20)
    run.wait_err("registered in .* again")
    assert run.stop()[0] == 0


@SERVERS
def test_a_registry_that_hangs_delays_no_start_and_no_stop(server, begin):
    server.pause()
    run = begin()
    time.sleep(0.3)
    status, seconds = run.stop()
    assert status == 0 and seconds < 1.3


@SERVERS
def test_a_registry_that_hangs_later(server, begin, found):
    """It wakes up to find the service there, or a stop finds it asleep."""
    run = begin("drain = 500ms\n", discovery="timeout = 1s\n")
    found("web-1")
    server.pause()
    run.wait_err("it does not answer; trying again", timeout=2 * TTL)
    server.resume()
    run.wait_err("registered in .* again", timeout=20)
    found("web-1")
    server.pause()
    status, seconds = run.stop()
    assert status == 0 and 0.45 < seconds < 1.3


# ---- a registry that is required ----

def test_a_required_registry_that_is_there(begin, found):
    run = begin(discovery="required = yes\n")
    found("web-1")
    assert "warning" not in run.err
    assert run.stop()[0] == 0
    found()


@SERVERS
@pytest.mark.parametrize("away", ["dead", "asleep"])
def test_a_required_registry_that_is_not_there(registry, server, run, app, away):
    server.kill() if away == "dead" else server.pause()
    one = run("--", app, "say=up", net="host", config=(
        f"[discovery]\nregistry = {registry.name}\n{registry.settings()}required = yes\n"
        "timeout = 1s\n[service web]\nport = 80\naddress = static:10.9.8.7\n"))
    assert one.status == 69 and "up" not in one.out
    assert "start: the registry has not answered well within 1000 ms" in one.err


@SERVERS
def test_a_required_registry_that_comes_in_time(server, begin, found):
    """begin() waits until the application is up."""
    server.kill()
    later = threading.Timer(0.7, server.start)
    later.start()
    try:
        begin(discovery="required = yes\ntimeout = 30s\n", patience=20)
    finally:
        later.join()
    found("web-1")


@SERVERS
def test_a_stop_while_a_required_registry_is_awaited(registry, server, start, app):
    server.pause()
    run = start("--", app, "say=up", net="host", config=(
        f"[discovery]\nregistry = {registry.name}\n{registry.settings()}required = yes\n"
        "timeout = 30s\n[service web]\nport = 80\naddress = static:10.9.8.7\n"))
    until(run.agent, 5, "it asks")
    time.sleep(0.2)
    os.kill(run.pid, signal.SIGTERM)
    assert run.end() == 143 and "up" not in run.out


# ---- who may ----

def close(registry, request):
    """From now on the registry wants to know who it is. Returns the settings, and the secret."""
    if registry.name == "etcd":
        registry.server.allow("web", "secret", "/skydns/")
        return "user = web\npassword = {}\n", "secret"
    consul = helpers_consul.Consul(request.getfixturevalue("consul_program"),
                                   token="00000000-0000-0000-0000-000000000001")
    request.addfinalizer(consul.close)
    registry.server = consul
    return "token = {}\n", consul.token


@SERVERS
def test_a_wrong_secret_is_told_once_and_the_right_one_works(registry, begin, found, request):
    settings, secret = close(registry, request)
    with pytest.raises(Late):
        begin(discovery=settings.format("wrong") + "required = yes\ntimeout = 1s\n")
    run = begin(discovery=settings.format("wrong"))
    run.wait_err("status 40[0-9]: .*trying again")
    time.sleep(0.7)
    assert run.err.count("trying again") == 1 and "wrong" not in run.err
    found()
    status, seconds = run.stop()
    assert status == 0 and seconds < 1.3
    run = begin(discovery=settings.format(secret))
    found("web-1")
    assert run.stop()[0] == 0
    found()
    assert secret not in run.err


@of("file")
def test_a_directory_that_nobody_lets_it_write_to(registry, run, app):
    """Of a directory that is known before the start."""
    Path(registry.folder, "somebodys").touch()
    one = run("--", app, "say=up", config=f"[discovery]\nregistry = file\n{registry.settings()}"
              "[service web]\nport = 80\naddress = static:10.9.8.7\n")
    assert one.status == 69 and "can't write there" in one.err and "up" not in one.out
