# SPDX-License-Identifier: Apache-2.0
"""What is printed: the application's output is its own, and ours are whole lines on stderr."""
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
import zlib

import pytest

import helpers

CONFIGURED = pytest.mark.parametrize("config", [None, "[app]\n"], ids=["plain", "configured"])
PIECE = 16 << 20
PIECES = 64  # 1 GiB
PIPE_BUF = 4096


@pytest.fixture(scope="module")
def random_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("output") / "random"
    path.write_bytes(os.urandom(PIECE))
    return path


def receive(pipe):
    """The checksum of all that comes, how much it was, and the seconds that it took."""
    begin, crc, size = time.monotonic(), 0, 0
    while data := os.read(pipe, 1 << 20):
        crc = zlib.crc32(data, crc)
        size += len(data)
    return crc, size, time.monotonic() - begin


def stream(command):
    """Its stdout, read to the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        got = receive(process.stdout.fileno())
        assert process.wait(10) == 0
    return got


@CONFIGURED
def test_gibibyte_is_not_touched(pintle, random_file, tmp_path, config):
    """Equal to the last bit, and as quick as without us: it does not come our way at all."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    cat = ["/bin/cat", *[str(random_file)] * PIECES]
    plain = stream(cat)
    ours = stream([pintle, *map(str, arguments), "--", *cat])
    assert ours[:2] == plain[:2] and ours[1] == PIECE * PIECES
    assert ours[2] < plain[2] * 3 + 2


def flags(pid):
    return [int(line.split()[1], 8) for fd in range(3)
            for line in open(f"/proc/{pid}/fdinfo/{fd}") if line.startswith("flags:")]


@CONFIGURED
@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
def test_descriptors_stay_blocking(start, app, config, tty):
    """O_NONBLOCK belongs to the open file, and so to all who have it. Lines of ours are written
    meanwhile."""
    run = start("-w", "--", app, "orphans=5,0", "quit=15,4,0", "say=up", "pause", config=config,
                tty=tty)
    (run.wait_out if tty else run.wait_err)("reaped orphan", count=5)
    run.wait_out("up")
    for pid in (run.pid, run.application().pid):
        assert not [f for f in flags(pid) if f & os.O_NONBLOCK]
    assert run.stop()[0] == 4


def test_streams_are_the_same_open_files(start, app):
    """Neither copied nor replaced: a file's offset is shared with the one who gave it."""
    left, right = os.pipe()
    run = start("--", app, "say=up", "pause", stdin=left, config="[app]\n")
    run.wait_out("up")
    there = [helpers.Process(pid).descriptors() for pid in (run.pid, run.application().pid)]
    assert {fd: there[0][fd] for fd in range(3)} == {fd: there[1][fd] for fd in range(3)}
    assert there[1][0] == os.readlink(f"/proc/self/fd/{left}")
    os.close(left)
    os.close(right)


# ---- our own lines ----

def writes(run, path):
    """The lengths of strace's record of what was written to stderr."""
    return [int(line.rsplit("= ", 1)[1]) for line in path.read_text().splitlines()
            if "write" in line and "(2" in line and line.rsplit("= ", 1)[1].isdigit()]


@pytest.mark.parametrize("kind", ["text", "json"])
def test_each_line_is_one_write(start, pintle, tmp_path, kind):
    path = tmp_path / "trace"
    long = "/" + "x/" * 3000
    run = start("-f", "-e", "trace=write,writev,pwritev2", "-o", path, pintle, "-v", "-o",
                f"log.format={kind}", "-o", "log.level=debug", "--", long,
                program="/usr/bin/strace")
    run.end()
    lines = run.readers[1].data.splitlines(keepends=True)
    sizes = writes(run, path)
    assert len(sizes) == len(lines) and max(sizes) <= PIPE_BUF
    assert sorted(sizes) == sorted(map(len, lines))


@pytest.mark.parametrize("name", ["/a\nb", "/\x1b[31m", "/\r\t\x7f\x08", "/caf\u00e9\u20ac"],
                         ids=["newline", "escape", "others", "letters"])
def test_text_is_one_line_without_control_characters(run, name):
    """The name of a program can't forge a line of ours, nor colour the log."""
    one = run("--", name)
    assert one.status == 127
    assert one.err.count("\n") == 1 and one.err.startswith("pintle: error: app: /")
    assert all(c.isprintable() for c in one.err[:-1])
    assert "\u00e9" not in name or "caf\u00e9\u20ac" in one.err


@pytest.mark.parametrize("name", [b"/a\nb", b"/\x1b[31m\x7f", b'/"\\', b"/\xff\xc3", b"/\xed\xa0\x80",
                                  b"/" + b"\x01" * 2000, b"/" + b"\xff" * 2000,
                                  "/caf\u00e9".encode() * 300], ids=range(8))
def test_json_is_json_whatever_a_name_is(run, name):
    one = run("-o", "log.format=json", "--", os.fsdecode(name))
    assert one.status in (126, 127)
    data = one.readers[1].data
    assert data.count(b"\n") == 1 and len(data) <= PIPE_BUF
    line = json.loads(data.decode("utf-8", errors="strict"))
    assert line["level"] == "error" and line["name"] == "pintle" and line["msg"].startswith("app: /")


def test_json_of_a_whole_life(start, app):
    config = "[app]\nstop-timeout = 100ms\n[log]\nformat = json\nlevel = debug\n"
    run = start("-w", "--", app, "orphans=2,0", "trap", "say=up", "pause", config=config)
    run.wait_out("up")
    assert run.stop()[0] == 137
    lines = [json.loads(line) for line in run.err.splitlines()]
    assert {line["level"] for line in lines} >= {"notice", "info", "warning", "debug"}
    assert lines[-1]["msg"].startswith("app: was killed by signal KILL")


@pytest.mark.parametrize("level, warnings, notices", [
    ("error", False, False), ("warn", True, True), ("info", True, True), ("debug", True, True)])
def test_levels(start, app, level, warnings, notices):
    run = start("-w", "--", app, "orphans=2,0", "quit=15,4,0", "say=up", "pause",
                config=f"[log]\nlevel = {level}\n")
    run.wait_out("up")
    assert run.stop()[0] == 4
    assert (run.err.count("reaped orphan") == 2) == warnings
    assert ("app: started" in run.err) == ("exiting with 4" in run.err) == notices
    assert ("pintle: debug: " in run.err) == (level == "debug")


def test_lines_of_many_do_not_mix(start, app, pintle):
    """Below PIPE_BUF a write is whole: 20 inits on one pipe."""
    script = " & ".join([f"{pintle} -w -- {app} orphans=20,0 sleep=50"] * 20) + " & wait"
    run = start("-c", script, program="/bin/sh", net="host")
    assert run.end(20) == 0
    lines = run.err.splitlines()
    assert len(lines) == 400
    assert all(line.startswith("pintle: warning: reaped orphan ") for line in lines)


def test_nothing_goes_to_stdout(run, app):
    """Rule 41: a pipeline's data."""
    one = run("-v", "-w", "-o", "log.level=debug", "--", app, "orphans=3,0", "say=data", "exit=3")
    assert one.status == 3 and one.out == "data\n" and "pintle: debug: " in one.err


def test_dropped_lines_are_counted(start, app, pintle, tmp_path):
    """The pipe is full: they are lost, and --status tells how many."""
    path = helpers.write_config(tmp_path, "[app]\n")
    left, right = os.pipe()
    fcntl.fcntl(right, fcntl.F_SETPIPE_SZ, 4096)
    run = start("-c", f"exec {pintle} -w -c {path} -- {app} quit=15,4,0 say=up pause 2>&{right}",
                program="/bin/bash", pass_fds=[right])
    os.close(right)
    run.wait_out("^up$")
    for _ in range(4):
        assert run.inside(app, "orphans=50,0").returncode == 0
    helpers.until(lambda: len(run.processes()) == 2, what="all orphans are gone")
    status = json.loads(run.inside(pintle, "-c", path, "--status=json").stdout)
    got = []
    reader = threading.Thread(target=lambda: got.append(os.fdopen(left, "rb").read()))
    reader.start()
    assert run.stop()[0] == 4
    reader.join(5)
    lines = got[0].decode().splitlines()
    assert all(line.startswith("pintle: ") for line in lines)
    lost = 200 - sum("reaped orphan" in line for line in lines)
    assert lost > 0 and status["log"] == {"lines-dropped": lost}
