# SPDX-License-Identifier: Apache-2.0
"""When an application is ready, and what its checks find: with a real HTTP server, real clients of
sd_notify, a real Consul."""
import json
import os
import re
import signal
import socket
import time

import pytest

from helpers import Late, until
from helpers_consul import free_ports

# Serves on the address and port of its arguments, once FOLDER/listen is there. What it answers is
# in FOLDER/status, how long that takes in FOLDER/delay, and what it was asked in FOLDER/asked.
SERVER = """
import http.server, pathlib, sys, time
folder, address, port = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(folder / "asked", "a") as asked:
            asked.write(self.path + "\\n" + str(self.headers))
        time.sleep(float((folder / "delay").read_text()))
        self.send_response(int((folder / "status").read_text()))
        self.end_headers()
        self.wfile.write(b"page\\n" * 100)
    def log_message(self, *arguments):
        pass
while not (folder / "listen").exists():
    time.sleep(0.01)
http.server.ThreadingHTTPServer.request_queue_size = 64
server = http.server.ThreadingHTTPServer((address, port), Handler)
print("up", flush=True)
server.serve_forever()
"""

# What libraries do for sd_notify(3): $1 is what is said.
NOTIFY = ("python3 -c 'import os, socket, sys; name = os.environ[\"NOTIFY_SOCKET\"]; "
          "name = \"\\0\" + name[1:] if name[0] == \"@\" else name; "
          "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), name)' ")


@pytest.fixture(autouse=True)
def writable_folder(tmp_path, open_folders):
    """For other users than root, too."""
    tmp_path.chmod(0o777)


class Site:
    """An HTTP server for one test, and what it does."""

    def __init__(self, folder, address="127.0.0.1"):
        self.folder = folder
        [self.port] = free_ports(1)
        self.script = folder / "server.py"
        self.script.write_text(SERVER)
        self.command = ["/usr/bin/python3", str(self.script), str(folder), address, str(self.port)]
        self.answer(200)
        self.delay(0)
        (folder / "listen").touch()

    def answer(self, status):
        (self.folder / "new").write_text(str(status))
        (self.folder / "new").rename(self.folder / "status")

    def delay(self, seconds):
        (self.folder / "delay").write_text(str(seconds))

    def asked(self):
        path = self.folder / "asked"
        return path.read_text() if path.exists() else ""

    def count(self):
        return self.asked().count("/health\n")

    def config(self, check="http = /health\n", app="", more="", service="ttl = 5s\ndrain = 0\n"):
        return (f"[app]\n{app}\n[port web]\ndefault = {self.port}\n"
                f"[service web]\naddress = static:10.9.8.7\nid = web-1\n{service}\n"
                f"[check web-up]\ninterval = 100ms\n{check}\n[log]\nlevel = info\n{more}\n")


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def in_consul(consul):
    return f"[discovery]\nregistry = consul\naddress = {consul.address}\n"


def status(run):
    """Its socket may not be there yet."""
    asked = until(lambda: run.pintle("--status=json").stdout, 5, "it answers")
    return json.loads(asked)


def check_of(run, name="web-up"):
    return next(check for check in status(run)["checks"] if check["name"] == name)


def wait_state(run, state, name="web-up", timeout=10):
    until(lambda: check_of(run, name)["state"] == state, timeout, f"{name} is {state}")
    return check_of(run, name)


def wait_ready(run, timeout=10):
    until(lambda: run.pintle("--ready").returncode == 0, timeout, "it is ready")


def wait_socket(run):
    until(lambda: run.pintle("--health").returncode == 0, 5, "it answers")


def assert_not_ready(run, seconds=0.3):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = run.pintle("--ready")
        assert asked.returncode == 1 and "not ready" in asked.stdout
        assert run.pintle("--health").returncode == 0


def shell(text):
    return ("--", "/bin/sh", "-c", text)


# ---- ready = notify ----

def test_notify(start, consul, tmp_path):
    """Announced when it says so, by a client that knows nothing of us."""
    config = (in_consul(consul) + "[app]\nready = notify\n[log]\nlevel = info\n"
              "[service web]\nport = 80\naddress = static:10.9.8.7\ndrain = 0\n")
    run = start(*shell(f"{NOTIFY} STATUS=loading; echo up; while [ ! -e {tmp_path}/go ]; do sleep 0.05; "
                       f"done; {NOTIFY} 'STATUS=serving\nREADY=1\nMAINPID=77'; exec sleep 100"),
                config=config, net="host")
    run.wait_out("^up$")
    wait_socket(run)
    assert status(run)["phase"] == "starting"
    assert_not_ready(run)
    assert not consul.services()
    (tmp_path / "go").touch()
    consul.wait_healthy("web")
    wait_ready(run)
    assert status(run)["phase"] == "running"
    assert run.stop()[0] == 143


def test_a_quick_notification_is_not_lost(start):
    """It may come before we know that the program runs."""
    for _ in range(10):
        run = start(*shell(f"{NOTIFY} READY=1; exec sleep 100"), config="[app]\nready = notify\n")
        wait_ready(run)
        assert run.stop()[0] == 143


def test_any_user_may_notify(start):
    run = start(*shell(f"{NOTIFY} READY=1; exec sleep 100"),
                config="[app]\nready = notify\nuser = 1000:1000\n", read_only=True)
    wait_ready(run)


def test_notify_of_a_child_counts(start):
    run = start(*shell(f"(sleep 0.2; {NOTIFY} READY=1) & exec sleep 100"),
                config="[app]\nready = notify\n")
    wait_ready(run)


def send(name, text, netns=None):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(text, b"\0" + name[1:].encode())


def test_neighbours_are_not_believed(start, netns, app):
    """Processes of other containers that share the network: only their PID namespace is another."""
    shared = netns()
    run = start(*shell("echo $NOTIFY_SOCKET; exec sleep 100"), net=shared,
                config="[app]\nready = notify\n")
    other = start(*shell("echo $NOTIFY_SOCKET; exec sleep 100"), net=shared,
                  config="[app]\nready = notify\n")
    name = run.wait_out(r"^(@.+)$").group(1).strip()
    assert other.wait_out(r"^(@.+)$").group(1).strip() != name
    wait_socket(run)
    with shared:
        for text in (b"READY=1", b"", b"\0" * 100, b"x" * 20000):
            send(name, text)
    assert_not_ready(run)
    assert run.inside("sh", "-c", f"{NOTIFY} READY=1",
                      env={**run.environment, "NOTIFY_SOCKET": name}).returncode == 0
    # nsenter(1) enters the PID namespace with its child: that one is visible
    wait_ready(run)
    assert other.pintle("--ready").returncode == 1
    assert run.stop()[0] == 143 and other.stop()[0] == 143


@pytest.fixture
def starter(tmp_path):
    """Who started us, and wants to be notified: crun, systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "starter"))
        (tmp_path / "starter").chmod(0o777)
        server.settimeout(5)
        yield server


def test_who_started_us_is_told(start, starter):
    path = starter.getsockname()
    run = start(*shell(f"[ $NOTIFY_SOCKET != {path} ] || exit 9; {NOTIFY} 'READY=1\nMAINPID=5'; "
                       "exec sleep 100"),
                config="[app]\nready = notify\n", env={"NOTIFY_SOCKET": path})
    assert starter.recv(100) == b"READY=1"
    wait_ready(run)
    assert run.stop()[0] == 143


def test_otherwise_the_socket_is_passed_on(start, starter):
    path = starter.getsockname()
    run = start(*shell(f"[ $NOTIFY_SOCKET = {path} ] || exit 9; echo up; exec sleep 100"),
                config="[app]\n", env={"NOTIFY_SOCKET": path})
    run.wait_out("up")
    wait_ready(run)
    starter.setblocking(False)
    with pytest.raises(BlockingIOError):
        starter.recv(100)
    assert run.stop()[0] == 143


def test_too_late_is_warned_about_once(start, tmp_path):
    run = start(*shell(f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; {NOTIFY} READY=1; "
                       "exec sleep 100"),
                config="[app]\nready = notify\nready-timeout = 200ms\n")
    run.wait_err("warning: app: not ready when ready-timeout is over; it is announced when it is ready")
    assert_not_ready(run)
    (tmp_path / "go").touch()
    wait_ready(run)
    assert run.err.count("not ready when") == 1


def test_a_stop_while_it_is_not_ready(start, consul, app):
    config = (in_consul(consul) + "[app]\nready = notify\n[service web]\nport = 80\n"
              "address = static:10.9.8.7\n")
    run = start("--", app, "quit=15,7,0", "say=up", "pause", config=config, net="host")
    run.wait_out("up")
    status_, seconds = run.stop()
    assert status_ == 7 and seconds < 1
    assert not consul.services()


def test_ready_anew_after_a_restart(start, tmp_path):
    config = "[app]\nready = notify\nrestart = always\nrestart-delay = 10ms\n"
    run = start(*shell(f"if [ -e {tmp_path}/go ]; then {NOTIFY} READY=1; fi; exec sleep 100"),
                config=config)
    wait_socket(run)
    assert_not_ready(run)
    (tmp_path / "go").touch()
    os.kill(run.application().pid, signal.SIGKILL)
    wait_ready(run)
    (tmp_path / "go").unlink()
    os.kill(run.application().pid, signal.SIGKILL)
    until(lambda: status(run)["application"]["restarts"] == 2 and
          status(run)["phase"] == "starting", 5, "it runs again")
    assert_not_ready(run)
    run.stop()


# ---- ready = port ----

def test_ready_when_all_ports_are_listened_on(start, app, tmp_path):
    config = ("[app]\nready = port\n[port web]\ndefault = 8001\n[port admin]\ndefault = 8002\n"
              "[port dns]\ndefault = 8003\nprotocol = udp\n")
    udp = ("python3 -c 'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
           "s.bind((\"\", 8003)); time.sleep(100)'")
    run = start(*shell(f"{app} listen=8001 pause & while [ ! -e {tmp_path}/a ]; do sleep 0.05; done; "
                       f"{app} listen=8002 pause & while [ ! -e {tmp_path}/b ]; do sleep 0.05; done; "
                       f"{udp}"), config=config)
    run.wait_out("listening on 8001")
    wait_socket(run)
    assert_not_ready(run)
    (tmp_path / "a").touch()
    run.wait_out("listening on 8002")
    assert_not_ready(run)
    (tmp_path / "b").touch()
    wait_ready(run)
    run.stop(signal.SIGKILL)


def test_a_held_port_is_no_listening_one(start, app):
    """pintle itself has it bound until the end."""
    config = "[app]\nready = port\n[port web]\ndefault = auto\n"
    run = start("--", app, "say=up", "sleep=700", "listen=PORT_WEB", "pause", config=config)
    run.wait_out("up")
    wait_socket(run)
    assert_not_ready(run, 0.2)
    wait_ready(run)


def test_nothing_is_looked_at_afterwards(start, app):
    config = "[app]\nready = port\n[port web]\ndefault = auto\n"
    run = start("--", app, "listen=PORT_WEB", "pause", config=config)
    wait_ready(run)
    process = run.processes()[0]
    until(lambda: run.processes()[0].state == "S", what="its sleep")
    before = process.wakeups()
    time.sleep(1)
    assert process.wakeups() == before


# ---- checks and Consul ----

def test_ready_when_its_checks_pass(start, consul, site):
    site.answer(503)
    run = start("--", *site.command, net="host",
                config=site.config(app="ready = check\n", more=in_consul(consul)))
    run.wait_out("^up$")
    run.wait_err(f"warning: check web-up: failing: http://127.0.0.1:{site.port}/health: ")
    until(lambda: check_of(run)["result"] == "status 503", 5, "it is looked at")
    assert_not_ready(run)
    assert not consul.services()
    site.answer(200)
    consul.wait_healthy("web")
    wait_ready(run)
    assert run.stop()[0] == 143


def test_critical_and_back_at_once(start, consul, site):
    """Not when the ttl of a minute is over, and without being registered again."""
    run = start("--", *site.command, net="host",
                config=site.config(service="ttl = 1m\ndrain = 0\n", more=in_consul(consul)))
    consul.wait_healthy("web")
    for code in (503, 404, 500):
        site.answer(code)
        until(lambda: not consul.healthy("web"), 3, "it is critical")
        assert consul.checks()["service:web-1"]["Status"] == "critical"
        site.answer(302)
        consul.wait_healthy("web", timeout=3)
    run.wait_err(r"check web-up: passing again", count=3)
    assert run.err.count("registered in consul") == 1
    asked = site.asked()
    assert "User-Agent: pintle" in asked and "Connection: close" in asked
    assert run.stop()[0] == 143


def test_heartbeats_carry_the_state(start, consul, site):
    """Else the ttl would run out, which Consul says in the output."""
    site.answer(500)
    run = start("--", *site.command, net="host", config=site.config(more=in_consul(consul)))
    until(lambda: "web-1" in consul.services(), 5, "it is registered")
    end = time.monotonic() + 6.5
    while time.monotonic() < end:
        check = consul.checks()["service:web-1"]
        assert check["Status"] == "critical" and "expired" not in check["Output"]
        time.sleep(0.25)
    site.answer(200)
    consul.wait_healthy("web")
    assert run.stop()[0] == 143


def test_initial_lasts_until_the_first_result(start, consul, site):
    for initial, state in (("critical", "critical"), ("passing", "passing")):
        site.delay(1.5)
        run = start("--", *site.command, net="host", config=site.config(
            service=f"initial = {initial}\ndrain = 0\n", more=in_consul(consul))
            .replace("interval = 100ms", "interval = 30s"))
        until(lambda: "service:web-1" in consul.checks(), 5, "it is registered")
        time.sleep(0.2)
        assert consul.checks()["service:web-1"]["Status"] == state
        assert check_of(run)["state"] == "unknown"
        assert run.pintle("--health").returncode == 0
        consul.wait_healthy("web")
        wait_state(run, "passing")
        assert run.stop()[0] == 143


def test_a_check_speaks_for_its_services(start, consul, site):
    more = ("[service admin]\nport = 81\naddress = static:10.9.8.7\ndrain = 0\n"
            "[service db]\nport = 82\naddress = static:10.9.8.7\ndrain = 0\n"
            "[check admin]\nexec = test -e " + str(site.folder) + "/admin\ninterval = 100ms\n"
            + in_consul(consul))
    (site.folder / "admin").touch()
    run = start("--", *site.command, net="host",
                config=site.config("http = /health\nservice = web\n", more=more))
    for name in ("web", "admin", "db"):
        consul.wait_healthy(name)
    (site.folder / "admin").unlink()
    until(lambda: not consul.healthy("admin"), 3, "admin is critical")
    assert consul.healthy("web") and consul.healthy("db")  # it has no check
    site.answer(500)
    until(lambda: not consul.healthy("web"), 3, "web is critical")
    (site.folder / "admin").touch()
    consul.wait_healthy("admin")
    assert not consul.healthy("web") and consul.healthy("db")
    assert run.stop()[0] == 143


def test_the_file_registry_has_the_state(start, site, tmp_path):
    folder = tmp_path / "registry"
    run = start("--", *site.command, net="host", config=site.config(
        more=f"[discovery]\nregistry = file\naddress = {folder}\n"))

    def entry():
        return json.loads(next(folder.glob("web@*.json")).read_text())
    until(lambda: list(folder.glob("web@*.json")) and entry()["state"] == "passing", 5, "passing")
    site.answer(500)
    until(lambda: entry()["state"] == "critical", 3, "critical")
    site.answer(200)
    until(lambda: entry()["state"] == "passing", 3, "passing again")
    assert run.stop()[0] == 143
    assert not list(folder.glob("web@*.json"))


def test_what_consul_forgets_while_critical(start, consul, site):
    """After deregister-after: it is registered again, critical still, and without a fuss."""
    site.answer(500)
    run = start("--", *site.command, net="host", config=site.config(more=in_consul(consul)))
    wait_state(run, "failing")
    until(lambda: "web-1" in consul.services(), 5, "it is registered")
    consul.request("PUT", "/v1/agent/service/deregister/web-1")
    until(lambda: "web-1" in consul.services(), 5, "it is registered again")
    until(lambda: consul.checks()["service:web-1"]["Status"] == "critical", 2, "critical")
    assert not re.search("warning: service", run.err)
    assert run.stop()[0] == 143


def test_checks_end_with_the_drain(start, consul, site):
    run = start("--", *site.command, net="host", config=site.config(
        app="drain = 1s\n", more=in_consul(consul)))
    consul.wait_healthy("web")
    run.signal(signal.SIGTERM)
    until(lambda: status(run)["phase"] == "draining", 3, "it drains")
    time.sleep(0.1)
    count, err = site.count(), run.err
    site.answer(500)
    time.sleep(0.4)
    assert site.count() == count
    assert run.pintle("--health").returncode == 0  # stays so while it drains
    assert run.pintle("--ready").returncode == 1
    assert run.end() == 143
    assert "check" not in run.err[len(err):]


def test_checks_begin_anew_after_a_restart(start, consul, site):
    run = start("--", *site.command, net="host", config=site.config(
        app="restart = always\nrestart-delay = 10ms\nready = check\n", more=in_consul(consul)))
    consul.wait_healthy("web")
    (site.folder / "listen").unlink()
    os.kill(run.application().pid, signal.SIGKILL)
    until(lambda: not consul.healthy("web"), 3, "it is gone")
    until(lambda: status(run)["phase"] == "starting", 3, "it starts again")
    assert_not_ready(run)
    (site.folder / "listen").touch()
    consul.wait_healthy("web")
    wait_ready(run)
    assert run.stop()[0] == 143


def test_what_was_killed_goes_on_checking(start, consul, site):
    run = start("--", *site.command, net="host", config=site.config(more=in_consul(consul)))
    consul.wait_healthy("web")
    os.kill(run.agent().pid, signal.SIGKILL)
    site.answer(500)
    until(lambda: not consul.healthy("web"), 5, "it is critical")
    wait_state(run, "failing")
    site.answer(200)
    consul.wait_healthy("web")
    assert run.stop()[0] == 143


# ---- what is looked at, and where ----

def test_health_and_its_reasons(start, site):
    """Without a registry, too: the agent looks all the same."""
    config = site.config(more="[check quick]\nexec = true\ninterval = 100ms\n"
                              "[check port]\ntcp = yes\ninterval = 100ms\n")
    run = start("--", *site.command, net="host", config=config)
    for name in ("web-up", "quick", "port"):
        assert wait_state(run, "passing", name)["result"] in (
            "status 200", "ended with status 0", "connected")
    assert run.pintle("--health").returncode == 0 and run.pintle("--ready").returncode == 0
    site.answer(503)
    wait_state(run, "failing")
    for arguments in (["--health"], ["--health=web-up"]):
        asked = run.pintle(*arguments)
        assert asked.returncode == 1
        assert asked.stdout == ("check web-up: failing: "
                                f"http://127.0.0.1:{site.port}/health: status 503\n")
    assert run.pintle("--ready").returncode == 1
    assert run.pintle("--health=quick").returncode == 0
    assert run.pintle("--health=port").returncode == 0
    unknown = run.pintle("--health=web")
    assert unknown.returncode == 1 and "there is no check 'web'" in unknown.stderr
    site.answer(200)
    wait_state(run, "passing")
    assert run.pintle("--health").returncode == 0
    text = run.pintle("--status").stdout
    assert (f"check web-up: state passing, target http://127.0.0.1:{site.port}/health, "
            "result status 200\n") in text
    assert "check quick: state passing, target true, result ended with status 0\n" in text
    assert run.stop()[0] == 143


def test_silence_and_refusal_are_bad(start, site):
    run = start("--", *site.command, net="host",
                config=site.config("http = /health\ntimeout = 200ms\n"))
    wait_state(run, "passing")
    site.delay(5)
    assert wait_state(run, "failing")["result"] == "no answer in time"
    site.delay(0)
    wait_state(run, "passing")
    os.kill(run.application().pid, signal.SIGSTOP)
    wait_state(run, "failing")
    os.kill(run.application().pid, signal.SIGCONT)
    wait_state(run, "passing")
    assert run.stop()[0] == 143


def test_a_slow_start_is_found_soon(start, site):
    """Not only an interval later."""
    (site.folder / "listen").unlink()
    run = start("--", *site.command, net="host",
                config=site.config("http = /health\n", app="ready = check\n")
                .replace("interval = 100ms", "interval = 30s"))
    wait_socket(run)
    until(lambda: check_of(run)["result"] == "Connection refused", 5, "it was looked at")
    (site.folder / "listen").touch()
    run.wait_out("^up$")
    wait_ready(run, 5)
    assert run.stop()[0] == 143


def addressed(netns):
    space = netns()
    space.link("eth0", netns())
    space.ip("addr", "add", "10.77.0.5/24", "dev", "eth0")
    return space


def test_it_is_asked_at_the_address_that_others_use(start, netns, tmp_path):
    space = addressed(netns)
    site = Site(tmp_path, "10.77.0.5")  # it listens nowhere else
    config = (f"[port web]\ndefault = {site.port}\n[service web]\ndrain = 0\n"
              "[check web-up]\nhttp = /health\ninterval = 100ms\n")
    run = start("--", *site.command, net=space, config=config)
    assert wait_state(run, "passing")["target"] == f"http://10.77.0.5:{site.port}/health"
    assert run.stop()[0] == 143


def test_an_application_that_others_cannot_reach_fails(start, netns, tmp_path):
    space = addressed(netns)
    site = Site(tmp_path, "127.0.0.1")
    config = (f"[port web]\ndefault = {site.port}\n[service web]\ndrain = 0\n"
              "[check web-up]\nhttp = /health\ninterval = 100ms\n")
    run = start("--", *site.command, net=space, config=config)
    assert wait_state(run, "failing")["result"] == "Connection refused"
    assert run.stop()[0] == 143


@pytest.mark.parametrize("address", ["127.0.0.1", "10.77.0.5", "0.0.0.0"])
def test_behind_a_mapping_it_is_asked_where_it_listens(start, netns, tmp_path, address):
    space = addressed(netns)
    site = Site(tmp_path, address)
    config = (f"[port web]\ndefault = {site.port}\n"
              "[service web]\naddress = static:192.0.2.7\nport = env:HOST_PORT\ndrain = 0\n"
              "[check web-up]\nhttp = /health\ninterval = 100ms\n")
    run = start("--", *site.command, net=space, config=config, env={"HOST_PORT": "32768"})
    wait_state(run, "passing")
    assert run.stop()[0] == 143


def test_twenty_checks(start, site):
    checks = "".join(f"[check http{n}]\nhttp = /health\ninterval = 200ms\n"
                     f"[check exec{n}]\nexec = test ! -e {site.folder}/bad{n}\ninterval = 200ms\n"
                     for n in range(10))
    run = start("--", *site.command, net="host", config=site.config(more=checks))
    until(lambda: all(c["state"] == "passing" for c in status(run)["checks"]), 20, "all pass")
    assert len(status(run)["checks"]) == 21
    (site.folder / "bad7").touch()
    wait_state(run, "failing", "exec7", 20)
    assert [c["name"] for c in status(run)["checks"] if c["state"] == "failing"] == ["exec7"]
    assert "check exec7: failing" in run.pintle("--health").stdout
    assert run.stop()[0] == 143


def test_steady_checks_do_not_wake_pid_1(start, site):
    run = start("--", *site.command, net="host", config=site.config())
    wait_state(run, "passing")
    asked = site.count()
    until(lambda: site.count() > asked + 5, 10, "it has been told often enough")
    process = run.processes()[0]
    until(lambda: run.processes()[0].state == "S", what="its sleep")
    before, asked = process.wakeups(), site.count()
    time.sleep(1)
    assert process.wakeups() == before
    assert site.count() > asked + 2


def test_a_service_without_a_registry(start, app):
    """Nothing is announced, nothing is waited for, and no agent is needed."""
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=(
        "[service web]\nport = 80\naddress = static:10.9.8.7\n"))
    run.wait_out("up")
    wait_ready(run)
    assert not [p for p in run.children() if "agent" in p.name]
    status_, seconds = run.stop()
    assert status_ == 0 and seconds < 0.5
    assert "agent" not in run.err


# ---- commands ----

COMMAND = "[check cmd]\ninterval = 100ms\n"


def test_a_command_runs_as_the_application(start, app, tmp_path):
    out = tmp_path / "out"
    script = tmp_path / "check"
    script.write_text(f"#!/bin/sh\n(id -u; id -g; pwd; readlink /proc/self/fd/0; echo $$; "
                      f"cut -d' ' -f5,6 /proc/$$/stat; echo \"$1\"; echo $VISIBLE; ls /proc/$$/fd) "
                      f">{out}.new; mv {out}.new {out}; echo first; echo 'last line'; echo\n")
    script.chmod(0o755)
    run = start("--", app, "quit=15,0,0", "say=up", "pause", env={"VISIBLE": "yes"}, config=(
        "[app]\nuser = 1000:1001\ndirectory = /\n[port web]\ndefault = auto\n"
        f"{COMMAND}exec = {script} 'port ${{PORT_WEB}}'\n"))
    assert wait_state(run, "passing", "cmd")["result"] == "ended with status 0: last line"
    number = status(run)["ports"][0]["number"]
    lines = out.read_text().split("\n")
    assert lines[:4] == ["1000", "1001", "/", "/dev/null"]
    pid, group = lines[4], lines[5]
    assert group == f"{pid} {pid}"  # a group and a session of its own
    assert lines[6:8] == [f"port {number}", "yes"]
    assert set(lines[8:]) <= {"0", "1", "2", "3", "10", "255", ""}  # a shell's own among them
    assert "last line" not in run.out + run.err
    assert run.stop()[0] == 0


def test_a_failing_command_says_why(start, app):
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=(
        f"{COMMAND}exec = sh -c 'echo it is; printf \"broken\\033[1m\" >&2; exit 3'\n"
        "[check killed]\ninterval = 100ms\nexec = sh -c 'kill -9 $$$$'\n"
        "[check missing]\ninterval = 100ms\nexec = /no/such/program\n"))
    assert wait_state(run, "failing", "cmd")["result"] == "ended with status 3: broken?[1m"
    assert wait_state(run, "failing", "killed")["result"] == "was killed by signal KILL"
    assert wait_state(run, "failing", "missing")["result"] == \
        "/no/such/program: No such file or directory"
    run.wait_err("warning: check cmd: failing: sh: ended with status 3: broken")
    assert run.stop()[0] == 0


def test_a_command_that_takes_too_long_is_killed_with_its_children(start, app, tmp_path):
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=(
        f"{COMMAND}timeout = 200ms\nexec = sh -c 'echo waiting; sleep 1000 & sleep 1001'\n"))
    assert wait_state(run, "failing", "cmd")["result"] == "took too long: waiting"
    for _ in range(10):
        until(lambda: not [p for p in run.processes() if p.state == "Z"], 5, "no zombies")
        time.sleep(0.05)
    until(lambda: len([p for p in run.processes() if p.name == "sleep"]) <= 2, 5, "killed ones")
    status_, seconds = run.stop()
    assert status_ == 0 and seconds < 1


def test_a_hanging_command_does_not_delay_a_stop(start, app):
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=(
        f"[app]\ndrain = 1ms\n{COMMAND}timeout = 1h\nexec = sh -c 'trap \"\" TERM; sleep 1000'\n"))
    until(lambda: [p for p in run.processes() if p.name == "sleep"], 5, "it hangs")
    status_, seconds = run.stop()
    assert status_ == 0 and seconds < 1


def test_no_zombies_and_no_descriptors_are_left(start, app):
    checks = "".join(f"[check c{n}]\ninterval = 100ms\nexec = sh -c 'true & true & exit {n % 2}'\n"
                     for n in range(10))
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=checks)
    run.wait_out("up")
    wait_state(run, "failing", "c9", 20)
    wait_state(run, "passing", "c8", 20)
    time.sleep(1)
    until(lambda: not [p for p in run.processes() if p.state == "Z"], 5, "no zombies")
    assert len(run.processes()[0].descriptors()) < 12 + 2 * 10
    assert run.stop()[0] == 0


def test_much_output_holds_nobody_up(start, app):
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=(
        f"{COMMAND}timeout = 10s\nexec = sh -c 'head -c 500000 /dev/zero; echo; echo end'\n"
        "[check endless]\ninterval = 100ms\ntimeout = 30s\nfall = 1\nexec = yes\n"))
    assert wait_state(run, "passing", "cmd", 20)["result"] == "ended with status 0: end"
    result = wait_state(run, "failing", "endless", 20)["result"]
    assert result == "was killed by signal PIPE: y"
    assert run.pintle("--health=cmd").returncode == 0
    assert run.stop()[0] == 0


def test_commands_need_no_agent(start, app):
    run = start("--", app, "quit=15,0,0", "say=up", "pause", config=f"{COMMAND}exec = true\n")
    wait_state(run, "passing", "cmd")
    with pytest.raises(Late):
        run.agent(0.1)
    assert run.stop()[0] == 0
