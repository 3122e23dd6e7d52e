# SPDX-License-Identifier: Apache-2.0
"""A terminal, as docker run -it gives one: foreground, ^C, ^Z, window size, hang-up, job control."""
import fcntl
import os
import signal
import struct
import termios
import time

import pytest

import helpers
from helpers import until

CONFIGURED = pytest.mark.parametrize("config", [None, "[app]\n"], ids=["plain", "configured"])


@CONFIGURED
def test_application_is_in_the_foreground(start, app, config):
    run = start("--", app, "foreground", "report", "exit=0", tty=True, config=config)
    assert run.end() == 0
    assert "foreground yes" in run.out
    assert run.report_of_app()["blocked"] == []


@CONFIGURED
def test_interrupt_comes_once(start, app, config):
    """Rule 37."""
    run = start("--", app, "trap", "say=up", "pause", tty=True, config=config)
    run.wait_out("up")
    for count in range(1, 4):
        run.type(b"\x03")
        run.wait_out("signal 2", count=count)
    time.sleep(0.05)
    assert run.out.count("signal 2") == 3 and run.alive()


@pytest.mark.parametrize("key, status", [(b"\x03", 130), (b"\x1c", 131)])
@CONFIGURED
def test_key_ends_the_application(start, app, key, status, config):
    """Rule 38."""
    run = start("--", app, "say=up", "pause", tty=True, config=config)
    run.wait_out("up")
    run.application()
    run.type(key)
    assert run.end(3) == status


@CONFIGURED
def test_suspend_does_not_freeze_the_container(start, app, config):
    """Rules 7 and 39."""
    run = start("--", app, "say=up", "sleep=300", "exit=4", tty=True, config=config)
    run.wait_out("up")
    run.type(b"\x1a")
    assert run.end(3) == 4


@pytest.mark.parametrize("key, status", [(b"\x1a", 4), (b"\x03", 130)], ids=["^Z", "^C"])
@CONFIGURED
def test_key_before_the_application_runs(start, app, pintle, tmp_path, key, status, config):
    """Rules 17 and 39: typed between fork and exec, when the child is in the foreground already.
    strace makes that moment long."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-f", "-o", "/dev/null", "-e", "trace=rt_sigprocmask", "-e",
                "inject=rt_sigprocmask:delay_enter=300000", pintle, *arguments, "--", app,
                "sleep=100", "exit=4", program="/usr/bin/strace", tty=True)
    until(lambda: os.tcgetpgrp(run.tty) not in (0, run.pid), what="the child has the terminal")
    run.type(key)
    assert run.end(5) == status


@CONFIGURED
def test_writing_to_a_terminal_that_stops_the_background(start, app, pintle, config, tmp_path):
    """Rule 40: we are in the background, and TOSTOP is set."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-w", *arguments, "--", app, "orphans=1,0", "quit=15,4,0", "say=up", "pause",
                tty=True)
    settings = termios.tcgetattr(run.tty)
    settings[3] |= termios.TOSTOP
    termios.tcsetattr(run.tty, termios.TCSANOW, settings)
    run.wait_out("up")
    assert run.inside(app, "orphans=3,0").returncode == 0
    run.wait_out("reaped orphan", count=3)
    assert run.stop()[0] == 4


def test_the_terminal_comes_back(start, pintle, app):
    """With the end of the application, to the group of the one who started us."""
    run = start("-c", f"{pintle} -- {app} foreground; {app} foreground", program="/bin/sh",
                tty=True)
    assert run.end() == 0
    assert run.out.count("foreground yes") == 2


def test_in_the_background_nothing_is_taken(start, pintle, app):
    """Rule 20: the terminal is somebody else's."""
    run = start("-c", f"set -m; {pintle} -- {app} foreground & {app} foreground; wait",
                program="/bin/bash", tty=True)
    assert run.end() == 0
    assert (run.out.count("foreground no"), run.out.count("foreground yes")) == (1, 1)


def test_init_below_init_at_a_terminal(start, pintle, app):
    """Rule 16: no fight for it, and each signal comes once."""
    run = start("--", pintle, "--", app, "foreground", "trap", "say=up", "pause", tty=True)
    run.wait_out("up")
    assert "foreground yes" in run.out
    for count in range(1, 4):
        run.type(b"\x03")
        run.wait_out("signal 2", count=count)
    run.type(b"\x1a")
    time.sleep(0.05)
    assert run.out.count("signal 2\r") == 3 and run.alive()


def test_stop_from_outside_is_left_alone(start, app):
    """Rule 36: a stop is no end."""
    run = start("--", app, "say=up", "pause", tty=True)
    run.wait_out("up")
    child = run.application()
    os.kill(child.pid, signal.SIGSTOP)
    time.sleep(0.2)
    assert run.application().state == "T"
    run.signal(signal.SIGTERM)
    assert run.end(3) == 143


def test_window_size(start, app):
    """Rule 38."""
    run = start("--", app, "trap", "say=up", "pause", tty=True)
    run.wait_out("up")
    fcntl.ioctl(run.tty, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    run.wait_out("signal 28")
    time.sleep(0.05)
    assert run.out.count("signal 28") == 1


def test_hang_up_that_is_handled(start, app):
    run = start("--", app, "quit=1,5,100", "say=up", "pause", tty=True)
    run.wait_out("up")
    run.hang_up()
    assert run.end(3) == 5


def test_hang_up(start, app):
    """Rule 38."""
    run = start("--", app, "say=up", "pause", tty=True)
    run.wait_out("up")
    run.application()
    run.hang_up()
    assert run.end(3) == 129


def test_job_control_of_a_shell(start):
    run = start("--", "bash", "--norc", "-i", tty=True, env={"PS1": "ready> ", "TERM": "dumb"})
    run.wait_out("ready> ")
    run.type("sleep 100\n")
    until_foreground(run, "sleep")
    run.type(b"\x1a")
    run.wait_out("Stopped")
    run.type("bg; jobs; kill %1; wait; exit 5\n")
    assert run.end(5) == 5
    assert "Running" in run.out and "no job control" not in run.out


def until_foreground(run, name):
    until(lambda: [p for p in run.processes() if p.name == name], 3, name)


def test_only_a_terminal_that_is_ours_is_touched(start, app):
    """Rule 20: stdin is a terminal, but not our controlling one: ENOTTY is no error."""
    master, slave = os.openpty()
    run = start("--", app, "report", stdin=slave)
    report = run.report_of_app()
    assert run.end() == 0 and run.err == ""
    assert report["sid"] == report["pid"]
    os.close(slave)
    os.close(master)
