# SPDX-License-Identifier: Apache-2.0
"""Announced, kept alive, withdrawn: with a real Consul, with directories, and with what can go wrong
between. Nothing of it may hold up the application or its signals."""
import json
import os
import re
import shutil
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from helpers import Process, processes, until

READY = ("quit=15,0,0", "say=up", "pause")


def settings(address, service="", discovery="", registry="consul"):
    """A pintle.ini with one service; its drain is 0 unless the test is about it."""
    drain = "" if "drain" in service else "drain = 0\n"
    return (f"[discovery]\nregistry = {registry}\naddress = {address}\n{discovery}\n"
            f"[service web]\nport = 8080\naddress = static:10.9.8.7\nid = web-1\nttl = 5s\n"
            f"{drain}{service}\n[log]\nlevel = info\n")


@pytest.fixture
def announced(start, app, consul):
    """announced(service settings...): pintle with its service healthy in Consul."""
    def make(service="", steps=READY, **options):
        run = start("--", app, *steps, net="host",
                    config=settings(consul.address, service), **options)
        run.wait_out("^up$")
        consul.wait_healthy("web")
        return run
    return make


class Double(threading.Thread):
    """A registry that listens and does what a test wants: answer(request) gives the bytes to send
    for it, None: nothing, ever. It keeps all requests."""

    def __init__(self, answer=lambda request: None):
        super().__init__(daemon=True)
        self.answer = answer
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        while True:
            part = connection.recv(65536)
            if not part:
                return
            data += part
            head, end, body = data.partition(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head + b"\r\n")[1]) if end else 0
            if end and len(body) >= length:
                self.requests.append(data.decode())
                data = b""
                answer = self.answer(self.requests[-1])
                if answer is not None:
                    connection.sendall(answer.encode())

    def lines(self):
        return [request.split("\r\n")[0] for request in self.requests]

    def close(self):
        self.listener.close()


@pytest.fixture
def double():
    made = []

    def make(*arguments):
        made.append(Double(*arguments))
        return made[-1]
    yield make
    for one in made:
        one.close()


OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


# ---- Consul: the ordinary life ----

def test_registered_with_all_that_was_asked_for(consul, announced):
    announced("tags = blue\ntags = v1\nmeta.version = 1.2\ninitial = passing\n"
              "deregister-after = 2m\n")
    service = consul.services()["web-1"]
    assert service["Service"] == "web" and service["Port"] == 8080
    assert service["Address"] == "10.9.8.7"
    assert service["Tags"] == ["blue", "v1"] and service["Meta"] == {"version": "1.2"}
    check = consul.checks()["service:web-1"]
    assert check["Status"] == "passing" and check["Type"] == "ttl"


def test_id_port_and_tags_by_default(start, app, consul):
    config = (f"[discovery]\nregistry = consul\naddress = {consul.address}\n"
              "[port web]\ndefault = auto\n[service web]\naddress = static:10.9.8.7\n")
    run = start("--", "/bin/sh", "-c", "echo port $PORT; exec sleep 100", net="host",
                config=config)
    port = run.wait_out(r"^port (\d+)$").group(1)
    [service] = consul.wait_healthy("web")
    assert service["Port"] == int(port)
    assert service["ID"] == f"web-{socket.gethostname()}-10.9.8.7-{port}"
    assert not service["Tags"] and not service["Meta"]


def test_heartbeats_keep_it_passing(consul, announced):
    run = announced()
    for _ in range(12):  # well over the ttl of 5 s
        time.sleep(0.55)
        assert len(consul.healthy("web")) == 1
    assert run.err.count("registered in consul") == 1


def test_withdrawn_before_the_application_is_told(consul, announced):
    run = announced(steps=("quit=15,0,700", "say=up", "pause"))
    run.signal(signal.SIGTERM)
    run.wait_out("^signal 15$")
    assert "web-1" not in consul.services()  # though it goes on for 700 ms
    assert run.end() == 0


def test_it_drains_withdrawn(consul, announced):
    run = announced("drain = 1s\n")
    begin = time.monotonic()
    run.signal(signal.SIGTERM)
    until(lambda: "web-1" not in consul.services(), 0.3, "it is withdrawn at once")
    assert "signal 15" not in run.out
    assert run.end() == 0
    assert 0.95 < run.ended_at - begin < 1.5


def test_an_end_of_its_own_is_withdrawn_in_50_ms(consul, announced):
    """From the application's end to pintle's, and it is out of Consul by then."""
    times = []
    for _ in range(5):
        run = announced(steps=("quit=12,7,0", "say=up", "pause"))
        child = run.application()
        begin = time.monotonic()
        os.kill(child.pid, signal.SIGUSR2)
        assert run.end() == 7
        times.append(run.ended_at - begin)
        assert "web-1" not in consul.services()
    assert sorted(times)[len(times) // 2] < 0.050, times


def test_several_services(start, app, consul):
    config = settings(consul.address) + "".join(
        f"[service s{n}]\nport = {9000 + n}\naddress = static:10.0.0.{n}\ndrain = 0\n"
        for n in range(1, 21))
    run = start("--", app, *READY, net="host", config=config)
    until(lambda: len(consul.services()) == 21, 5, "all are registered")
    until(lambda: all(c["Status"] == "passing" for c in consul.checks().values()), 5, "passing")
    assert run.stop()[0] == 0
    assert not consul.services()


def test_the_token_is_sent(start, app, double, tmp_path):
    file = tmp_path / "token"
    file.write_text("from-file\n")
    for discovery, env, token in (
            ("token = from-config\n", {}, "from-config"),
            ("", {"CONSUL_HTTP_TOKEN": "from-environment"}, "from-environment"),
            ("", {"CONSUL_HTTP_TOKEN_FILE": str(file)}, "from-file"),
            (f"token = file:{file}\n", {}, "from-file")):
        registry = double(lambda request: OK)
        run = start("--", app, *READY, net="host", env=env,
                    config=settings(registry.address, discovery=discovery))
        until(lambda: len(registry.requests) >= 2, 5, "it registers")  # noqa: B023
        assert run.stop()[0] == 0
        for request in registry.requests:
            assert f"\r\nX-Consul-Token: {token}\r\n" in request
        assert token not in run.err


def test_the_address_may_come_from_the_environment(start, app, consul):
    config = settings("x").replace("address = x\n", "")
    run = start("--", app, *READY, net="host", config=config,
                env={"CONSUL_HTTP_ADDR": consul.address})
    consul.wait_healthy("web")
    assert run.stop()[0] == 0


# ---- Consul: what goes wrong ----

def test_consul_restarted_with_empty_state(consul, announced):
    run = announced()
    consul.restart()
    consul.wait_healthy("web", timeout=2.5)  # a heartbeat is due every ttl / 3
    assert run.err.count("registering it again") + run.err.count("trying again") >= 1
    assert run.stop()[0] == 0


def test_taken_out_by_somebody(consul, announced):
    announced()
    consul.request("PUT", "/v1/agent/service/deregister/web-1")
    consul.wait_healthy("web", timeout=2.5)


def test_maintenance_survives_a_new_registration(consul, announced):
    run = announced()
    consul.request("PUT", "/v1/agent/service/maintenance/web-1?enable=true")
    os.kill(run.agent().pid, signal.SIGKILL)
    run.wait_err("started again")
    run.wait_err("registered in consul", count=2)
    assert "_service_maintenance:web-1" in consul.checks()


def test_consul_that_comes_late(start, app, consul):
    consul.kill()
    run = start("--", app, *READY, net="host", config=settings(consul.address))
    run.wait_out("^up$", timeout=1)
    run.wait_err("Connection refused; trying again")
    consul.start()
    consul.wait_healthy("web", timeout=16)
    run.wait_err("registered in consul at .* again")
    assert run.err.count("trying again") == 1
    assert run.stop()[0] == 0


def test_a_black_hole_delays_neither_start_nor_stop(start, app, double):
    registry = double()
    run = start("--", app, *READY, net="host", config=settings(registry.address))
    run.wait_out("^up$", timeout=1)
    until(lambda: registry.requests, 2, "it is asked")
    time.sleep(0.5)
    status, seconds = run.stop()
    assert status == 0 and seconds < 0.3


def test_a_black_hole_and_an_application_that_ends(start, app, double):
    registry = double()
    run = start("--", app, "say=up", "sleep=700", "exit=9", net="host",
                config=settings(registry.address))
    begin = time.monotonic()
    assert run.end() == 9
    assert run.ended_at - begin < 1.2


def test_a_registry_that_hangs_delays_a_stop_by_a_second_at_most(consul, announced):
    run = announced()
    consul.pause()
    status, seconds = run.stop()
    assert status == 0 and seconds < 1.3


def test_a_registry_that_hangs_costs_a_drain_nothing(consul, announced):
    run = announced("drain = 500ms\n")
    consul.pause()
    status, seconds = run.stop()
    assert status == 0 and 0.45 < seconds < 0.8


def test_a_refusal_is_told_once(start, app, double):
    body = "Permission denied: Missing service:write on web"
    registry = double(lambda request: "HTTP/1.1 403 Forbidden\r\nContent-Length: "
                      f"{len(body)}\r\n\r\n{body}")
    run = start("--", app, *READY, net="host", config=settings(registry.address))
    run.wait_err(body)
    time.sleep(1)
    assert run.err.count(body) == 1 and len(registry.requests) == 1
    assert run.stop()[0] == 0


def test_no_heartbeat_after_the_withdrawal(start, app, double):
    registry = double(lambda request: OK)
    run = start("--", app, "quit=15,0,2500", "say=up", "pause", net="host",
                config=settings(registry.address))
    run.wait_out("^up$")
    until(lambda: len(registry.requests) >= 2, 5, "it registers")
    assert run.stop()[0] == 0
    assert registry.lines()[0] == \
        "PUT /v1/agent/service/register?replace-existing-checks=true HTTP/1.1"
    assert registry.lines()[-1] == "PUT /v1/agent/service/deregister/web-1 HTTP/1.1"
    assert sum("deregister" in line for line in registry.lines()) == 1


def test_a_name_is_looked_up(start, app, consul):
    """In /etc/hosts, which gets it only later: no name server answers here."""
    port = consul.address.split(":")[1]
    run = start("--", app, *READY, net="host",
                config=settings(f"http://registry.invalid:{port}"))
    run.wait_out("^up$", timeout=1)
    run.wait_err("registering in consul at registry.invalid")
    run.inside("sh", "-c", "echo 127.0.0.1 registry.invalid >>/etc/hosts")
    consul.wait_healthy("web", timeout=20)
    agent = run.agent()
    assert not [p for p in run.processes() if p.parent == agent.pid]  # no zombie is left
    assert run.stop()[0] == 0


@pytest.mark.seconds(90)
def test_a_silent_name_server_delays_nothing(start, app, netns, double):
    namespace = netns()
    with namespace:
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("127.0.0.1", 53))
    run = start("--", "/bin/sh", "-c", f"echo nameserver 127.0.0.1 >/etc/resolv.conf; exec {app} "
                "say=up quit=15,0,0 pause", net=namespace,
                config=settings("http://registry.example:8500", discovery="timeout = 1s\n"))
    run.wait_out("^up$", timeout=1)
    run.wait_err("can't be reached|takes too long|again", timeout=20)
    status, seconds = run.stop()
    assert status == 0 and seconds < 0.5
    silent.close()


# ---- the agent's own accidents ----

def test_a_killed_agent_comes_back(consul, announced):
    run = announced()
    child, agent = run.application(), run.agent()
    consul.request("PUT", "/v1/agent/service/deregister/web-1")
    os.kill(agent.pid, signal.SIGKILL)
    consul.wait_healthy("web", timeout=2)
    assert run.application().pid == child.pid
    assert run.agent().pid != agent.pid
    assert run.stop()[0] == 0
    assert "web-1" not in consul.services()


def test_a_stopped_agent_delays_a_stop_by_a_second_at_most(announced):
    run = announced()
    os.kill(run.agent().pid, signal.SIGSTOP)
    status, seconds = run.stop()
    assert status == 0 and seconds < 1.3


def test_the_agent_does_not_listen_to_signals(consul, announced):
    run = announced()
    agent = run.agent()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        os.kill(agent.pid, number)
    time.sleep(0.1)
    assert run.agent().pid == agent.pid


def has_ended(pid):
    try:
        return Process(pid).state == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_the_agent_ends_with_pintle(announced):
    run = announced(second=True)
    agent = run.agent()
    os.kill(run.pid, signal.SIGKILL)
    until(lambda: has_ended(agent.pid), 2, "the agent is gone")


# ---- what the agent may do ----

def assert_confined(agent):
    assert agent.name == "pintle: agent"
    assert agent.fields["Seccomp"] == "2" and agent.fields["NoNewPrivs"] == "1"
    for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert int(agent.fields[name], 16) == 0


def test_the_agent_has_given_everything_up(announced):
    agent = announced().agent()
    assert_confined(agent)
    assert agent.fields["Uid"].split() == ["65534"] * 4
    assert agent.fields["Gid"].split() == ["65534"] * 4
    assert not agent.fields["Groups"] and int(agent.fields["CapBnd"], 16) == 0
    # 0-2, its loop, its line to PID 1 and its connection
    assert len(agent.descriptors()) == 6
    assert sum(what.startswith("socket") for what in agent.descriptors().values()) == 2


@pytest.mark.parametrize("options", [{"user": 1000}, {"drop": "all"},
                                     {"user": 1000, "drop": "all", "no_new_privs": True}],
                         ids=["user", "no-capabilities", "neither"])
def test_with_fewer_privileges_it_works_all_the_same(consul, announced, options):
    run = announced(**options)
    agent = run.agent()
    assert_confined(agent)
    uid = options.get("user", 0)
    assert agent.fields["Uid"].split() == [str(uid)] * 4
    assert run.err.count("keeps its own") == ("user" not in options)
    assert run.stop()[0] == 0
    assert "web-1" not in consul.services()


@pytest.mark.seconds(120)
@pytest.mark.parametrize("restrictions", [
    [], ["--user", "1000"], ["--cap-drop", "ALL"], ["--read-only"],
    ["--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--user", "1000", "--read-only"]],
    ids=["default", "user", "no-capabilities", "read-only", "all"])
def test_in_a_container(docker, pintle, app, consul, open_folders, tmp_path, restrictions):
    """Under Docker's own seccomp profile, on the host's network, where Consul is."""
    for program, name in ((pintle, "pintle"), (app, "app")):
        shutil.copy(program, tmp_path / name)
    (tmp_path / "pintle.ini").write_text(settings(consul.address))
    (tmp_path / "Dockerfile").write_text(
        "FROM scratch\nCOPY pintle app /\nCOPY pintle.ini /etc/\nENTRYPOINT [\"/pintle\"]\n")
    image = docker.build(tmp_path)
    container = docker.run("--network", "host", *restrictions, image, "--", "/app", *READY)
    consul.wait_healthy("web", timeout=10)
    agent = until(lambda: next((p for p in processes() if p.parent == docker.pid(container)
                                and p.name == "pintle: agent"), None), 5, "an agent")
    assert_confined(agent)
    assert agent.uid == (1000 if "--user" in restrictions
                         else 0 if "--cap-drop" in restrictions else 65534)
    docker("stop", container)
    assert docker.exit_status(container) == 0
    assert "web-1" not in consul.services()


def test_another_user(announced):
    assert announced(env={"PINTLE_AGENT_USER": "1234:5678"}).agent().uid == 1234


def test_memory_of_both(announced, until):
    """Once nothing happens: what a start and a heartbeat took has been given back."""
    run = announced()

    def size():
        return sum(int(n) for pid in (run.pid, run.agent().pid) for n in re.findall(
            r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))
    until(lambda: size() < 300, what=f"less than 300 kB: {size()}")


# ---- nothing to announce ----

@pytest.mark.parametrize("config", [
    "[service web]\nport = 80\naddress = static:10.0.0.1\n",
    "[discovery]\nregistry = file\n"], ids=["no-registry", "no-service"])
def test_without_need_there_is_no_agent(start, app, config):
    run = start("--", app, *READY, config=config)
    run.wait_out("^up$")
    time.sleep(0.1)
    assert [p.inside for p in run.children()] == [run.application().inside]


# ---- mistakes ----

@pytest.mark.parametrize("address, says", [
    ("ftp://x", "http://"), ("127.0.0.1:70000", "port"),
    ("unix:relative", "unix:/PATH")])
def test_an_address_that_is_none(run, app, address, says):
    one = run("--", app, "say=up", config=settings(address))
    assert one.status in (69, 78) and says in one.err and "up" not in one.out


# ---- the registry of files ----

@pytest.fixture
def shared(tmp_path):
    """A volume as docker makes one: root's and empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


def entries(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def filed(start, app, shared, service="", steps=READY, **options):
    run = start("--", app, *steps, config=settings(shared, service, registry="file"), **options)
    run.wait_out("^up$")
    until(lambda: entries(shared), 5, "an entry")
    return run


def test_an_entry_in_the_directory(start, app, shared):
    run = filed(start, app, shared, "tags = blue\nmeta.a = b\n")
    entry = shared / "web@web-1.json"
    assert entries(shared) == [entry.name]
    assert json.loads(entry.read_text()) == {
        "id": "web-1", "name": "web", "address": "10.9.8.7", "port": 8080, "tags": ["blue"],
        "meta": {"a": "b"}, "state": "passing", "ttl": 5000}
    assert stat.S_IMODE(entry.stat().st_mode) == 0o644 and entry.stat().st_uid == 65534
    before = entry.stat().st_mtime
    until(lambda: entry.stat().st_mtime > before + 1, 4, "a heartbeat")
    assert run.stop()[0] == 0
    assert entries(shared) == []


def test_a_lost_entry_is_made_again(start, app, shared):
    filed(start, app, shared)
    (shared / "web@web-1.json").unlink()
    until(lambda: entries(shared) == ["web@web-1.json"], 3, "the entry is there again")


def test_containers_of_different_users_share_it(start, app, shared):
    filed(start, app, shared, "name = first\n")
    start("--", app, *READY, user=1000,
          config=settings(shared, "name = second\n", registry="file"))
    until(lambda: len(entries(shared)) == 2, 5, "two entries")
    assert entries(shared) == ["first@web-1.json", "second@web-1.json"]


def test_the_entry_of_a_killed_container_grows_old(start, app, shared):
    """Nobody is there to remove it: readers see by its age that it is dead."""
    run = filed(start, app, shared)
    entry = shared / "web@web-1.json"
    os.kill(run.pid, signal.SIGKILL)
    run.end()
    before = entry.stat().st_mtime
    time.sleep(2.5)  # more than ttl / 3
    assert entry.stat().st_mtime == before


def test_the_default_directory(start, app):
    config = settings("x", registry="file").replace("address = x\n", "")
    run = start("--", app, *READY, config=config)
    run.wait_out("^up$")
    until(lambda: run.inside("ls", "/run/pintle/services").stdout == "web@web-1.json\n", 5,
          "an entry")
    assert run.stop()[0] == 0


def test_a_directory_that_the_agent_cannot_write_to(run, app, shared):
    (shared / "something").write_text("of somebody")
    one = run("--", app, "say=up", config=settings(shared, registry="file"))
    assert one.status == 69 and "up" not in one.out
    assert f"{shared}: user 65534 can't write there: Permission denied" in one.err
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


def test_a_directory_for_a_group_of_the_agents(run, start, app, shared):
    (shared / "something").write_text("of somebody")
    os.chown(shared, 0, 4711)
    shared.chmod(0o775)
    config = settings(shared, registry="file")
    assert run("--", app, "say=up", config=config).status == 69
    one = start("--", app, *READY, config=config + "[agent]\ngroups = 44, 4711\n")
    until(lambda: "web@web-1.json" in entries(shared), 5, "an entry")
    agent = one.agent()
    assert_confined(agent)
    assert agent.fields["Groups"].split() == ["44", "4711"]
    one = run("--", app, "say=up", config=config + "[agent]\ngroups = no-such-group\n")
    assert one.status == 69 and "no-such-group" in one.err and "up" not in one.out


def test_a_read_only_volume(run, app):
    one = run("--", app, "say=up", read_only=True, mounts=False, user=1000,
              config=settings("/proc/pintle/services", registry="file"))
    assert one.status == 69 and "up" not in one.out


def test_maintenance(start, app, shared):
    """--drain takes it out while the application goes on, --resume brings it back; a stop in between
    has nothing to wait for."""
    run = filed(start, app, shared, "drain = 5s\n")
    pid = run.application().pid
    until(lambda: run.pintle("--ready").returncode == 0, 2, "ready")
    assert run.pintle("--drain").returncode == 0
    until(lambda: entries(shared) == [], 2, "the withdrawal")
    assert run.pintle("--ready").returncode == 1 and run.pintle("--health").returncode == 0
    assert run.application().pid == pid
    assert run.pintle("--resume").returncode == 0
    until(lambda: entries(shared) == ["web@web-1.json"], 2, "the return")
    assert run.pintle("--ready").returncode == 0
    assert run.pintle("--drain").returncode == 0
    until(lambda: entries(shared) == [], 2, "the withdrawal")
    time.sleep(0.1)
    status, seconds = run.stop()
    assert status == 0 and seconds < 1


def test_nothing_to_maintain(start, app):
    run = start("--", app, "say=up", "pause", config="[app]\n")
    run.wait_out("up")
    until(lambda: run.pintle("--ready").returncode == 0, 2, "ready")
    answer = run.pintle("--drain")
    assert answer.returncode == 1 and "nothing to withdraw" in answer.stdout
