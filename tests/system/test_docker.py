# SPDX-License-Identifier: Apache-2.0
"""pintle as the entrypoint of real containers."""
import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
import uuid

import pytest

from helpers import Reader, until

DOCKERFILE = """\
FROM scratch
COPY pintle app /
HEALTHCHECK --interval=1s CMD ["/pintle", "--health"]
ENTRYPOINT ["/pintle", "--"]
"""


@pytest.fixture(scope="module")
def image(docker_session, pintle, app, tmp_path_factory):
    """pintle and the test's application, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(pintle, folder / "pintle")
    shutil.copy(app, folder / "app")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return docker_session.build(folder)


@pytest.fixture(scope="module")
def debian(docker_session, pintle, app, tmp_path_factory):
    """The same on Debian, so with a shell that does not exec its last command."""
    folder = tmp_path_factory.mktemp("debian")
    shutil.copy(pintle, folder / "pintle")
    shutil.copy(app, folder / "app")
    (folder / "Dockerfile").write_text(
        f"FROM {docker_session.base()}\n" + DOCKERFILE.partition("\n")[2])
    return docker_session.build(folder)


def wait_log(docker, container, text, timeout=10):
    until(lambda: text in docker.logs(container), timeout, f"{text!r} in the container's log")


def seconds(docker, container, begin="kill", end="die"):
    """Between two events of its life, as the daemon saw them."""
    lines = docker("events", "--since", "10m", "--until", f"{time.time():.6f}", "--filter",
                   f"container={container}", "--format", "{{.TimeNano}} {{.Action}}").stdout
    times = {}
    for line in lines.splitlines():
        at, action = line.split(None, 1)
        times.setdefault(action.split(":")[0].strip(), int(at))
    return (times[end] - times[begin]) / 1e9


@pytest.mark.parametrize("options", [
    [], ["--init"], ["--read-only", "--user", "1000", "--cap-drop", "ALL",
                     "--security-opt", "no-new-privileges"],
    ["--network", "none"], ["--network", "host"], ["--pids-limit", "10"],
], ids=lambda options: " ".join(options) or "plain")
def test_drop_in_for_tini(docker, image, options):
    container = docker.run(*options, image, "/app", "quit=15,7,50", "say=up", "pause")
    wait_log(docker, container, "up")
    docker("stop", container)
    assert docker.exit_status(container) == 7
    assert docker.logs(container) == "up\nsignal 15\ndone\n"
    assert seconds(docker, container) < 1


@pytest.mark.parametrize("steps, status", [
    (["exit=0"], 0), (["exit=200"], 200), (["die=9"], 137), (["die=11"], 139)])
def test_exit_status(docker, image, steps, status):
    assert docker("run", "--rm", image, "/app", *steps, check=False).returncode == status


def test_not_found_and_not_executable(docker, image):
    assert docker("run", "--rm", image, "/nowhere", check=False).returncode == 127
    assert docker("run", "--rm", "--entrypoint", "/pintle", image, "--", "/dev/null",
                  check=False).returncode == 126


@pytest.mark.parametrize("shell", ["/app quit=15,0,500 say=up pause",
                                   "cd / && /app quit=15,0,500 say=up pause",
                                   "setsid /app quit=15,0,500 say=up pause"])
def test_application_behind_a_shell_drains(docker, debian, shell):
    """Under every other init it is killed at once; without one, after 10 s."""
    container = docker.run(debian, "sh", "-c", shell)
    wait_log(docker, container, "up")
    docker("stop", container)
    assert docker.exit_status(container) == 143
    assert docker.logs(container) == "up\nsignal 15\ndone\n"
    assert 0.5 <= seconds(docker, container) < 1


def test_signals_of_docker_kill(docker, image):
    container = docker.run(image, "/app", "trap", "say=up", "pause")
    wait_log(docker, container, "up")
    for name, number in (("HUP", 1), ("USR1", 10), ("RTMIN+5", 39), ("TERM", 15)):
        docker("kill", "-s", name, container)
        wait_log(docker, container, f"signal {number}\n")
    docker("kill", container)
    assert docker.wait(container) == 137


def test_out_of_memory(docker, image):
    """Rule 55: docker and its restart policies see 137, and the log says why."""
    for settings in ([], ["-e", "PINTLE_LOG_LEVEL=warn"]):
        container = docker.run("-m", "24m", *settings, image, "/app", "say=up", "eat=200")
        assert docker.wait(container) == 137
        assert "(OOM-killed)" in docker.logs(container)
        assert docker.inspect(container)["State"]["OOMKilled"]


def test_stop_signal_and_grace_of_docker(docker, image):
    container = docker.run("--stop-signal", "SIGQUIT", "--stop-timeout", "1", image,
                           "/app", "trap", "say=up", "pause")
    wait_log(docker, container, "up")
    docker("stop", container)
    assert docker.exit_status(container) == 137
    assert "signal 3\n" in docker.logs(container)


def test_health_and_settings_from_the_environment(docker, image):
    container = docker.run("-e", "PINTLE_APP_DRAIN=5s", "-e", "PINTLE_PORT_WEB_DEFAULT=8080",
                           "-e", "PINTLE_APP_COMMAND=/app quit=15,5,0 say=up listen=PORT pause",
                           "--entrypoint", "/pintle", image)
    until(lambda: docker.inspect(container)["State"]["Health"]["Status"] == "healthy", 15,
          "the container is healthy")
    assert "listening on 8080" in docker.logs(container)
    status = docker("exec", container, "/pintle", "--status=json")
    assert json.loads(status.stdout)
    docker("kill", "-s", "TERM", container)
    time.sleep(0.1)
    assert docker("exec", container, "/pintle", "--ready", check=False).returncode == 1
    docker("kill", "-s", "TERM", container)
    assert docker.wait(container) == 5


def test_without_a_configuration_there_is_nobody_to_ask(docker, image):
    container = docker.run(image, "/app", "say=up", "pause")
    wait_log(docker, container, "up")
    asked = docker("exec", container, "/pintle", "--health", check=False)
    assert asked.returncode == 1 and asked.stderr.count("\n") == 1


def test_what_docker_exec_started_is_left_alone(docker, image):
    container = docker.run(image, "/app", "quit=15,0,300", "say=up", "pause")
    wait_log(docker, container, "up")
    with subprocess.Popen(["docker", "exec", container, "/app", "trap", "say=in", "pause"],
                          stdout=subprocess.PIPE, text=True, env=docker.environment) as inside:
        assert inside.stdout.readline() == "in\n"
        docker("stop", container)
        assert inside.stdout.read() == ""
    assert docker.exit_status(container) == 0


def test_network_needs_a_capability_and_says_which(docker, debian):
    settings = ["-e", "PINTLE_INTERFACE_ETH0_ADDRESS=10.209.5.5/24", "-e", "PINTLE_NET_MODE=apply"]
    allowed = docker("run", "--rm", "--cap-add", "NET_ADMIN", *settings, debian, "/app", "exit=0",
                     check=False)
    assert allowed.returncode == 0, allowed.stderr
    refused = docker("run", "--rm", *settings, debian, "/app", "exit=0", check=False)
    assert refused.returncode == 69
    assert "NET_ADMIN" in refused.stderr and "10.209.5.5/24" in refused.stderr


def test_port_taken_on_the_host_network(docker, image):
    """Scene A2: a name and a reason instead of a traceback."""
    settings = ["--network", "host", "-e", "PINTLE_PORT_WEB_DEFAULT=28431"]
    first = docker.run(*settings, image, "/app", "listen=PORT", "pause")
    wait_log(docker, first, "listening")
    second = docker("run", "--rm", *settings, image, "/app", "say=started", "listen=PORT",
                    check=False)
    assert second.returncode == 69 and second.stdout == ""
    assert "port web: 28431/tcp is taken" in second.stderr


class Terminal:
    """docker run -it, with somebody typing."""

    def __init__(self, docker, *arguments):
        self.master, slave = pty.openpty()
        docker.containers.append(f"pintle-test-{uuid.uuid4().hex}")
        command = ["docker", "run", "--rm", "-it", "--name", docker.containers[-1], *arguments]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env=docker.environment, start_new_session=True)
        os.close(slave)
        self.reader = Reader(self.master, threading.Condition())

    def wait(self, text, timeout=10):
        until(lambda: text.encode() in self.reader.data, timeout, f"{text!r} on the terminal")

    def close(self):
        self.process.kill()
        self.process.wait(10)
        self.reader.stop()
        os.close(self.master)


def test_terminal(docker, debian):
    terminal = Terminal(docker, debian, "bash", "--norc")
    terminal.wait("# ")
    os.write(terminal.master, b"sh -c 'echo be\"\"gun; exec sleep 100'\n")
    terminal.wait("begun")
    os.write(terminal.master, b"\x1a")
    terminal.wait("Stopped")
    os.write(terminal.master, b"kill %1; fg; exit 9\n")
    assert terminal.process.wait(10) == 9
    terminal.reader.stop()
    os.close(terminal.master)


def test_keys_and_window_size_at_the_terminal(docker, image):
    """Rules 37, 38 and 39: each comes once, and ^Z freezes nothing."""
    terminal = Terminal(docker, image, "/app", "trap", "say=up", "pause")
    terminal.wait("up")
    for count in range(1, 4):
        os.write(terminal.master, b"\x03")
        until(lambda: terminal.reader.data.count(b"signal 2\r") == count, 5, "^C")
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 123, 0, 0))
    terminal.process.send_signal(signal.SIGWINCH)  # it is not docker's controlling terminal
    terminal.wait("signal 28\r")
    os.write(terminal.master, b"\x1a\x1c")
    terminal.wait("signal 3\r")
    assert terminal.reader.data.count(b"signal 2\r") == 3
    terminal.close()


def test_suspend_at_the_terminal(docker, image):
    """Rule 39."""
    terminal = Terminal(docker, image, "/app", "say=up", "sleep=1000", "exit=4")
    terminal.wait("up")
    os.write(terminal.master, b"\x1a")
    assert terminal.process.wait(10) == 4
    terminal.close()


def test_interrupt_at_the_terminal(docker, image):
    terminal = Terminal(docker, image, "/app", "say=up", "pause")
    terminal.wait("up")
    os.write(terminal.master, b"\x03")
    assert terminal.process.wait(10) == 128 + signal.SIGINT
    terminal.reader.stop()
    os.close(terminal.master)
