# SPDX-License-Identifier: Apache-2.0
"""Sockets that the application inherits: [port] handover = socket, and those pintle was given."""
import os
import signal
import socket
import sys
import threading

import pytest

from helpers import Process, have

WEB = "[port web]\ndefault = 8080\nhandover = socket\n"
DNS = "[port dns]\ndefault = 53\nprotocol = udp\nhandover = socket\n"

# Says that it is up, and serves when it is told to: HTTP on the first socket.
SERVER = """
import os, signal, socket, sys
assert os.environ["LISTEN_PID"] == str(os.getpid())
server = socket.socket(fileno=3)
print("up", flush=True)
sys.stdin.readline()
while True:
    if server.type == socket.SOCK_DGRAM:
        data, peer = server.recvfrom(100)
        server.sendto(data + b" to you", peer)
        continue
    connection, _ = server.accept()
    connection.recv(1000)
    connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nserved\\n")
    connection.close()
"""

# Closes its socket when it is told to stop, and has something to finish then.
CLOSER = """
import signal, socket, time
server = socket.socket(fileno=3)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("up", flush=True)
signal.sigwait([signal.SIGTERM])
server.close()
print("closed", flush=True)
time.sleep(100)
"""

# Binds and hands over as an activator does, and becomes what follows: [count, names, words...]
ACTIVATOR = """
import os, socket, sys
count, names = int(sys.argv[1]), sys.argv[2]
sockets = [socket.create_server(("127.0.0.1", 9000 + i)) for i in range(count)]
for i, one in enumerate(sockets):
    assert one.fileno() == 3 + i
    one.set_inheritable(True)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.environ.setdefault("LISTEN_FDS", str(count))
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execv(sys.argv[3], sys.argv[3:])
"""


def environment(one):
    return dict(item.split("=", 1) for item in one.report_of_app()["env"])


def listen_variables(one):
    return {k: v for k, v in environment(one).items() if k.startswith("LISTEN_")}


def connect(netns, port, timeout=5):
    with netns:
        return socket.create_connection(("127.0.0.1", port), timeout)


def ask(connection):
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")


def answer(connection):
    text = b""
    while data := connection.recv(65536):
        text += data
    connection.close()
    return text.split(b"\r\n\r\n", 1)[1].decode()


def is_refused(netns, port):
    try:
        connect(netns, port).close()
    except ConnectionRefusedError:
        return True
    return False


def sockets_of(process):
    return {fd: to for fd, to in process.descriptors().items() if to.startswith("socket:")}


# ---- what the application gets ----

def test_in_the_order_of_the_file(start, app):
    config = ("[port auto]\ndefault = auto\nhandover = socket\n" + WEB +
              "[port number]\ndefault = 8081\n" + DNS)
    one = start("--", app, "report", config=config)
    report = one.report_of_app()
    assert report["fds"] == [0, 1, 2, 3, 4, 5]
    assert listen_variables(one) == {"LISTEN_FDS": "3", "LISTEN_FDNAMES": "auto:web:dns",
                                     "LISTEN_PID": str(report["pid"])}
    assert environment(one)["PORT_WEB"] == "8080"


@pytest.mark.parametrize("settings", [
    "", "directory = /\n", "user = 12345:12345\n"], ids=["quick", "directory", "user"])
def test_the_pid_is_the_applications(start, app, settings):
    one = start("--", app, "report", config=f"[app]\n{settings}{WEB}")
    assert listen_variables(one)["LISTEN_PID"] == str(one.report_of_app()["pid"])
    assert one.end() == 0


def test_a_privileged_port_for_a_user_without_privileges(start, netns):
    there = netns()
    config = "[app]\nuser = 12345:12345\n" + WEB.replace("8080", "80")
    one = start("--", sys.executable, "-c", SERVER, config=config, net=there)
    one.wait_out("up")
    assert one.application().uid == 12345
    connection = connect(there, 80)
    ask(connection)
    assert answer(connection) == "served\n"


def test_where_docker_has_switched_ipv6_off(start, netns):
    there = netns()
    there.run("sysctl", "-q", "net.ipv6.conf.all.disable_ipv6=1", check=True)
    one = start("--", sys.executable, "-c", SERVER, config=WEB, net=there)
    one.wait_out("up")
    connection = connect(there, 8080)
    ask(connection)
    assert answer(connection) == "served\n"


def test_without_handover_there_are_no_variables(start, app):
    one = start("--", app, "report", config="[port web]\ndefault = 8080\n")
    assert listen_variables(one) == {}
    assert one.report_of_app()["fds"] == [0, 1, 2]


def test_taken(run, app, netns):
    there = netns()
    with there:
        holder = socket.create_server(("127.0.0.1", 8080))
    one = run("--", app, "say=started", config=WEB, net=there)
    assert one.status == 69 and one.out == ""
    assert "port web: 8080/tcp is taken on 127.0.0.1 by a process not visible here (uid 0)" \
        in one.err
    holder.close()


def test_not_allowed_to_bind(run, app):
    one = run("-o", "port web.default=80", "-o", "port web.handover=socket", "--", app,
              "say=started", user=12345, net="new")
    assert one.status == 69 and one.out == ""
    assert "port web: 80/tcp on ::: Permission denied" in one.err


# ---- the sockets stay in PID 1 ----

def test_connections_wait_for_the_application(start, netns):
    there = netns()
    one = start("--", sys.executable, "-c", SERVER, config=WEB, net=there, stdin="pipe")
    one.wait_out("up")
    waiting = [connect(there, 8080) for _ in range(200)]
    for connection in waiting:
        ask(connection)
    one.input.write(b"go\n")
    one.input.flush()
    assert [answer(connection) for connection in waiting] == ["served\n"] * 200


def test_datagrams_wait_for_the_application(start, netns):
    there = netns()
    one = start("--", sys.executable, "-c", SERVER, config=DNS, net=there, stdin="pipe")
    one.wait_out("up")
    with there:
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(5)
    client.connect(("127.0.0.1", 53))
    client.send(b"hello")
    one.input.write(b"go\n")
    one.input.flush()
    assert client.recv(100) == b"hello to you"
    client.close()


def test_only_pid_1_and_the_application_have_them(start):
    config = WEB + "[discovery]\nregistry = file\n[service web]\naddress = lo\n"
    one = start("--", sys.executable, "-c", SERVER, config=config, net="new", stdin="pipe")
    one.wait_out("up")
    (ours,) = sockets_of(one.application()).values()
    assert sockets_of(Process(one.pid))[3] == ours
    assert ours not in sockets_of(one.agent()).values()


@pytest.mark.parametrize("last_words", ["", "server.shutdown(socket.SHUT_RDWR)",
                                        "server.setblocking(False)"])
def test_connections_wait_for_the_next_application(start, netns, until, last_words):
    """Also after one that stopped the listening, for all who have the socket."""
    there = netns()
    first = f"""
import os, socket, sys
if not os.path.exists("/run/first"):
    server = socket.socket(fileno=3)
    open("/run/first", "w")
    {last_words or "pass"}
    os._exit(1)
"""
    config = "[app]\nrestart = always\nrestart-delay = 500ms\n" + WEB
    one = start("--", sys.executable, "-c", first + SERVER, config=config, net=there)
    one.wait_err("is started again in")
    waiting = [] if "shutdown" in last_words else [connect(there, 8080) for _ in range(20)]
    one.wait_out("up")
    for connection in [*waiting, connect(there, 8080)]:
        ask(connection)
        assert answer(connection) == "served\n"


def test_jobs_do_not_get_them(start, app):
    config = f"{WEB}[job look]\nwhen = pre-start\ncommand = {app} report\n"
    one = start("--", app, "say=up", "pause", config=config)
    one.wait_out("^up")
    report = one.report_of_app()
    assert report["fds"] == [0, 1, 2]
    assert f"LISTEN_PID={report['pid']}" not in report["env"]


def test_refused_when_the_application_that_was_stopped_closes(start, netns):
    there = netns()
    one = start("--", sys.executable, "-c", CLOSER, config=WEB, net=there)
    one.wait_out("up")
    waiting = connect(there, 8080)
    one.signal(signal.SIGTERM)
    one.wait_out("closed")
    assert is_refused(there, 8080)
    with pytest.raises(ConnectionResetError):
        waiting.recv(1)
    assert one.alive()
    waiting.close()


def test_accepted_while_draining(start, netns, until):
    there = netns()
    config = "[app]\ndrain = 20s\n" + WEB
    one = start("--", sys.executable, "-c", SERVER, config=config, net=there)
    one.wait_out("up")
    one.signal(signal.SIGTERM)
    until(lambda: "phase: draining" in one.pintle("--status").stdout)
    for _ in range(20):
        connection = connect(there, 8080)
        ask(connection)
        assert answer(connection) == "served\n"
    one.signal(signal.SIGTERM)
    assert one.end() == 143


def test_refused_when_the_application_has_ended(start, netns, until):
    """Nobody will come who accepts, though something is left over that has to be waited for."""
    there = netns()
    leave = ("exec 3>&-; (trap '' TERM; echo left; exec sleep 100) & "
             "read go; exit 3")
    one = start("--", "sh", "-c", leave, config=WEB, net=there, stdin="pipe")
    one.wait_out("left")
    assert not is_refused(there, 8080)
    one.input.write(b"go\n")
    one.input.flush()
    until(lambda: is_refused(there, 8080))
    assert one.alive()


# ---- those that pintle was given ----

@pytest.fixture
def activate(start, pintle):
    """activate(count, words..., names=): pintle with these words gets count sockets."""
    def one(count, *words, names="", **options):
        return start("-c", ACTIVATOR, count, names, pintle, *words, program=sys.executable,
                     **options)
    return one


@pytest.mark.parametrize("second", [False, True], ids=["pid 1", "not pid 1"])
def test_given_ones_are_passed_on(activate, app, until, second):
    env = {"Z": "1", "PYTHONCOERCECLOCALE": "0", "LISTEN_PIDFDID": "77"}
    one = activate(2, "--", app, "report", "pause", names="http:admin", env=env, second=second)
    report = one.report_of_app()
    assert report["fds"] == [0, 1, 2, 3, 4]
    assert sorted(item for item in report["env"] if not item.startswith("PATH=")) == sorted([
        "Z=1", "PYTHONCOERCECLOCALE=0", f"LISTEN_PID={report['pid']}", "LISTEN_FDS=2", "LISTEN_FDNAMES=http:admin"])
    assert sockets_of(one.application())
    until(lambda: not sockets_of(Process(one.pid)), what="init without them")


def test_through_two_inits(activate, pintle, app):
    one = activate(1, "--", pintle, "--", app, "report")
    report = one.report_of_app()
    assert report["fds"] == [0, 1, 2, 3]
    assert listen_variables(one) == {"LISTEN_FDS": "1", "LISTEN_PID": str(report["pid"])}


def test_those_given_to_somebody_else_are_closed(activate, app):
    env = {"LISTEN_PID": "4711", "LISTEN_FDS": "2", "LISTEN_PIDFDID": "77"}
    one = activate(2, "--", app, "report", env=env)
    assert one.report_of_app()["fds"] == [0, 1, 2]
    assert listen_variables(one) == env


def test_fewer_than_announced_are_none(activate, app):
    one = activate(2, "--", app, "report", env={"LISTEN_FDS": "3"})
    assert one.report_of_app()["fds"] == [0, 1, 2]
    assert listen_variables(one) == {"LISTEN_PID": "1", "LISTEN_FDS": "3"}
    one.wait_err("LISTEN_FDS is '3', but only 2 such descriptors are there: none is passed on")


@pytest.mark.parametrize("names, wanted", [("a:b", "a:b:web"), ("", "unknown:unknown:web")])
def test_ours_come_after_the_given_ones(activate, app, tmp_path, names, wanted):
    config = tmp_path / "pintle.ini"
    config.write_text(WEB)
    one = activate(2, "-c", config, "--", app, "report", "pause", names=names, net="new")
    report = one.report_of_app()
    assert report["fds"] == [0, 1, 2, 3, 4, 5]
    assert listen_variables(one) == {"LISTEN_FDS": "3", "LISTEN_FDNAMES": wanted,
                                     "LISTEN_PID": str(report["pid"])}
    mine = sockets_of(Process(one.pid))
    assert {fd: mine[fd] for fd in (3, 4, 5)} == sockets_of(one.application())


# ---- real servers and activators ----

SITE = """
import os
def application(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getppid()).encode()]
"""


@pytest.fixture
def gunicorn(tmp_path):
    """The command of a server whose answer is the pid of its master. It has one worker: TERM is lost
    on one that is just being born, and the master waits for it."""
    if not have("gunicorn"):
        pytest.skip("no gunicorn: run ci/setup test")
    (tmp_path / "site_for_test.py").write_text(SITE)
    return ["gunicorn", "--workers", "1", "--graceful-timeout", "5", "--worker-tmp-dir", "/dev/shm",
            "--chdir", tmp_path, "site_for_test"]


def test_gunicorn_gets_our_socket(start, netns, gunicorn):
    there = netns()
    one = start("--", *gunicorn, config=WEB, net=there)
    one.application(30)
    connection = connect(there, 8080, 20)
    ask(connection)
    assert answer(connection) == str(one.application().inside)
    assert one.stop(timeout=30)[0] == 0


def test_gunicorn_behind_systemd_socket_activate(start, pintle, netns, gunicorn):
    """The first connection starts it; pintle passes the socket on, as a plain init."""
    if not have("systemd-socket-activate"):
        pytest.skip("no systemd-socket-activate: run ci/setup test")
    there = netns()
    one = start("-l", "127.0.0.1:8080", pintle, "--", *gunicorn, net=there,
                program="/usr/bin/systemd-socket-activate")
    one.wait_err("Listening on 127.0.0.1:8080")
    for _ in range(5):
        connection = connect(there, 8080, 20)
        ask(connection)
        assert int(answer(connection)) > 1
    assert one.stop(timeout=30)[0] == 0


class Load:
    """Clients that ask one question after the other, each by a connection of its own."""

    def __init__(self, netns, port, clients=8):
        self.netns, self.port = netns, port
        self.answers, self.failures = [], []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        with netns:  # a thread is born into the namespace of its parent
            for thread in self.threads:
                thread.start()

    def _ask(self):
        while not self.over.is_set():
            try:
                connection = socket.create_connection(("127.0.0.1", self.port), 30)
                ask(connection)
                self.answers.append(answer(connection))
            except (OSError, IndexError) as failure:
                self.failures.append(repr(failure))

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(40)


def test_no_request_is_lost_while_gunicorn_is_restarted(start, netns, gunicorn, until):
    there = netns()
    config = "[app]\nrestart = always\nrestart-delay = 300ms\n" + WEB
    one = start("--", *gunicorn, config=config, net=there)
    one.application(30)
    load = Load(there, 8080)
    try:
        for runs in range(1, 4):
            until(lambda: len(set(load.answers)) == runs, 30, f"an answer of run {runs}")
            os.kill(one.application().pid, signal.SIGTERM)
        until(lambda: len(set(load.answers)) == 4, 30, "an answer of the last run")
    finally:
        load.end()
    assert load.failures == []
