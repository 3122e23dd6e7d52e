# SPDX-License-Identifier: Apache-2.0
"""The control socket and those who ask: --health, --ready, --status; and what a shared /run does."""
import json
import os
import random
import re
import select
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

import helpers

SYS_PIDFD_GETFD = 438
RUN = "/run/pintle.sock"
CONFIG = "[app]\n"


def inside(run, path):
    """A path of its mount namespace, as seen from out here."""
    return Path(f"/proc/{run.pid}/root{path}")


def in_shared_memory(run):
    return f"/dev/shm/pintle-{os.stat(f'/proc/{run.pid}/ns/mnt').st_ino}.sock"


def up(start, app, *options, config=CONFIG, **more):
    one = start(*options, "--", app, "say=up", "pause", config=config, **more)
    one.wait_out("up")
    return one


def wait_for_socket(run, until, path=RUN):
    until(lambda: inside(run, path).exists(), what=path)
    return run


# ---- asking ----

def test_health_ready_and_status(start, app, until):
    one = wait_for_socket(up(start, app), until)
    health = one.pintle("--health")
    assert (health.returncode, health.stderr) == (0, "") and health.stdout
    until(lambda: one.pintle("--ready").returncode == 0, what="ready")
    status = one.pintle("--status")
    assert status.returncode == 0 and status.stdout and status.stderr == ""
    assert json.loads(one.pintle("--status=json").stdout)


def test_health_of_a_check_that_is_not_there(start, app, until):
    one = wait_for_socket(up(start, app), until)
    answer = one.pintle("--health=web-up")
    assert answer.returncode == 1 and "there is no check 'web-up'" in answer.stderr


def test_mode_and_removal(start, app, until):
    one = wait_for_socket(up(start, app), until)
    assert stat.S_IMODE(inside(one, RUN).lstat().st_mode) == 0o600
    root = os.open(f"/proc/{one.pid}/root", os.O_PATH)
    assert one.stop()[0] == 143
    assert not os.path.lexists(f"/proc/self/fd/{root}{RUN}")
    os.close(root)


def test_nobody_there(start, app):
    for arguments in (["--health"], ["--ready"], ["--status"], ["--status=json"]):
        one = start(*arguments, config=CONFIG)
        assert one.end() == 1 and one.out == ""
        assert "no running pintle answers: /run/pintle.sock: No such file or directory" in one.err


def test_no_config_no_socket(start, app):
    one = start("--", app, "say=up", "pause")
    one.wait_out("up")
    asked = one.pintle("--health")
    assert asked.returncode == 1 and "no running pintle answers" in asked.stderr
    assert not inside(one, RUN).exists() and not inside(one, in_shared_memory(one)).exists()


def test_socket_none(start, app):
    one = up(start, app, config="[control]\nsocket = none\n")
    asked = one.pintle("--health")
    assert asked.returncode == 1 and "socket is none" in asked.stderr
    assert not inside(one, RUN).exists()


@pytest.mark.parametrize("where", ["file", "environment", "option"])
def test_chosen_path(start, app, until, where):
    path = "/run/elsewhere.sock"
    config, env, options = CONFIG, {}, []
    if where == "file":
        config = f"[control]\nsocket = {path}\n"
    elif where == "environment":
        env = {"PINTLE_CONTROL_SOCKET": path}
    else:
        options = ["-o", f"control.socket={path}"]
    one = wait_for_socket(up(start, app, *options, config=config, env=env), until, path)
    assert one.pintle(*options, "--health").returncode == 0
    assert not inside(one, RUN).exists()


def test_read_only_container(start, app, until):
    one = up(start, app, read_only=True)
    wait_for_socket(one, until, in_shared_memory(one))
    assert one.pintle("--health").returncode == 0


def test_frozen(start, app, until):
    one = wait_for_socket(up(start, app), until)
    os.kill(one.pid, signal.SIGSTOP)
    begin = time.monotonic()
    asked = one.pintle("--health")
    assert asked.returncode == 1 and "no answer" in asked.stderr
    assert 0.9 < time.monotonic() - begin < 2
    os.kill(one.pid, signal.SIGCONT)
    assert one.pintle("--health").returncode == 0


# ---- others who come to the socket ----

def ask_as(one, user, path=RUN):
    """--health by a user: nothing but the socket's mode could keep them from it, and that is open."""
    inside(one, path).chmod(0o666)
    return one.inside("setpriv", "--reuid", user, "--clear-groups", one.command[0], "--health")


REFUSED = re.compile(r"\.sock: (closed without an answer|no answer: Connection reset by peer|"
                     r"Broken pipe)")


def test_other_users_get_nothing(start, app, until):
    one = wait_for_socket(up(start, app), until)
    asked = ask_as(one, 1000)
    assert (asked.returncode, asked.stdout) == (1, "") and REFUSED.search(asked.stderr)
    assert ask_as(one, 0).returncode == 0


def test_only_itself_and_root_may_ask_a_user(start, app, until):
    one = start("-o", "app.umask=022", "--", app, "say=up", "pause", user=54321)
    one.wait_out("up")
    path = in_shared_memory(one)
    wait_for_socket(one, until, path)
    until(lambda: ask_as(one, 54321, path).returncode == 0, what="its answer")
    assert ask_as(one, 0, path).returncode == 0
    asked = ask_as(one, 1000, path)
    assert asked.returncode == 1 and REFUSED.search(asked.stderr)


def test_garbage_and_silence_stop_nothing(start, app, until):
    one = wait_for_socket(up(start, app), until)
    path = str(inside(one, RUN))
    silent = []
    for _ in range(20):  # more than are served at a time
        silent.append(socket.socket(socket.AF_UNIX))
        silent[-1].connect(path)
    for data in (b"\n", b"\0" * 64, b"x" * 5000, b"status\nstatus\n", b"GET / HTTP/1.0\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(path)
            rude.settimeout(5)  # before, a full queue would be EAGAIN and not a wait
            try:
                rude.sendall(data)
                assert rude.recv(100) == b""
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert one.stop() == (143, pytest.approx(0, abs=1))
    for client in silent:
        client.close()


def test_random_garbage(start, app, until):
    """Neither an answer nor a trace of it remains."""
    one = wait_for_socket(up(start, app), until)
    path, chance = str(inside(one, RUN)), random.Random(1)
    words = [b"health", b"ready", b"status", b"status-json", b"drain", b"resume", b" ", b"\n",
             b"\0", b"1", b"-1", b"99999999999999999999", b"\xff" * 60, b"x" * 64, b"%s%n", b"\r"]
    before = set(helpers.Process(one.pid).descriptors())
    for _ in range(1000):
        data = b"".join(chance.choice(words) for _ in range(chance.randrange(8)))
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(path)
            rude.settimeout(5)
            try:
                rude.sendall(data)
                rude.shutdown(chance.choice((socket.SHUT_WR, socket.SHUT_RDWR)))
                answer = rude.recv(65536)
                assert not answer or answer[:1].isdigit() or answer.startswith(b"elsewhere")
            except (BrokenPipeError, ConnectionResetError):
                pass
    until(lambda: set(helpers.Process(one.pid).descriptors()) == before, what="all are gone")
    assert one.pintle("--health").returncode == 0
    assert one.stop()[0] == 143


def squeeze(pid):
    """Makes the send buffer of its connection as small as can be, when it has set its size itself.
    The descriptor is duplicated: what is set is set for both."""
    default = socket.socket(socket.AF_UNIX).getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    sizes = []
    with os.fdopen(os.pidfd_open(pid)) as process:
        for fd, to in helpers.Process(pid).descriptors().items():
            if to.startswith("socket:"):
                copy = helpers.LIBC.syscall(SYS_PIDFD_GETFD, process.fileno(), fd, 0)
                assert copy >= 0
                with socket.socket(fileno=copy) as one:
                    sizes.append(one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))
                    if sizes[-1] != default:
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    return any(size != default for size in sizes)


MANY_PORTS = "".join(f"[port {i:060}]\ndefault = {20000 + i}\n" for i in range(64))


@pytest.mark.parametrize("patient", [True, False])
def test_answer_of_which_the_kernel_takes_only_a_part(start, app, until, patient):
    """The rest goes when there is room again; who does not read it is hung up on."""
    one = wait_for_socket(up(start, app, config=MANY_PORTS), until)
    whole = one.pintle("--status=json").stdout
    assert len(whole) > 7000
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(inside(one, RUN)))
        client.settimeout(5)
        until(lambda: squeeze(one.pid), what="it was let in")
        client.sendall(b"status-json\n")
        until(lambda: select.select([client], [], [], 0)[0], what="the first part")
        if not patient:
            time.sleep(1.2)
        got = b""
        while data := client.recv(1000):
            got += data
    if patient:
        status = json.loads(got.partition(b" ")[2])
        assert status["ports"] == json.loads(whole)["ports"] and got.startswith(b"0 ")
    else:
        assert 0 < len(got) < len(whole)
    assert one.pintle("--health").returncode == 0


def test_idle_clients_cost_no_wakeups(start, app, until):
    one = wait_for_socket(up(start, app), until)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(inside(one, RUN)))
        assert client.recv(1) == b""  # hung up on after a second
    process = one.processes()[0]
    until(lambda: one.processes()[0].state == "S", what="its sleep")
    before = process.wakeups()
    time.sleep(1)
    assert process.wakeups() == before


# ---- several containers with one /run ----

def test_shared_run(start, app, until, tmp_path):
    """Two with the same /run and /dev/shm: each answers only its own."""
    shared = tmp_path / "run"
    shared.mkdir()
    script = f"mount --bind {shared} /run && mount --bind {shared} /dev/shm && exec \"$@\""

    def container(code):
        one = start("-c", script, "sh", start("--version").command[0], "-o",
                    "log.level=info", "--", app, "say=up", f"quit=15,{code},0", "pause",
                    program="/bin/sh")
        one.wait_out("up")
        return one

    def application(one):
        asked = one.inside(one.command[4], "--status=json")
        assert asked.returncode == 0, asked.stderr
        return asked.stdout

    first = container(1)
    wait_for_socket(first, until)
    second = container(2)
    wait_for_socket(second, until, in_shared_memory(second))
    assert first.inside(first.command[4], "--health").returncode == 0
    assert second.inside(second.command[4], "--health").returncode == 0
    assert first.stop()[0] == 1
    assert second.inside(second.command[4], "--health").returncode == 0
    third = container(3)
    wait_for_socket(third, until)
    os.kill(third.pid, signal.SIGKILL)  # its socket stays, dead
    third.end()
    assert (shared / "pintle.sock").exists()
    fourth = container(4)
    until(lambda: fourth.inside(fourth.command[4], "--health").returncode == 0,
          what="its own socket in the place of the dead one")
    assert application(fourth) and application(second)
    assert second.stop()[0] == 2
    assert fourth.inside(fourth.command[4], "--health").returncode == 0
    stranger = start("-c", script, "sh", fourth.command[4], "--health", program="/bin/sh")
    assert stranger.end() == 1 and "belongs to another container" in stranger.err
    assert fourth.stop()[0] == 4


def test_client_by_itself_is_quick(start, app, until):
    one = wait_for_socket(up(start, app), until)
    begin = time.monotonic()
    subprocess.run(["nsenter", "-t", str(one.pid), "-m", "-p", "--", one.command[0], "--health"],
                   check=True, capture_output=True, timeout=5)
    assert time.monotonic() - begin < 0.5
