# SPDX-License-Identifier: Apache-2.0
"""How it ends: the stop signal, drain, timeouts, what is left over, the exit status."""
import os
import signal
import time

import pytest

PLACES = pytest.mark.parametrize("second", [False, True], ids=["pid1", "not-pid1"])


def running(start, app, *steps, **options):
    """Runs the steps after which `say=up` shows that it is there."""
    run = start("--", app, *steps, **options)
    run.wait_out("^up$")
    return run


def stop_signals(run):
    """Those that the application saw, without the CONT that follows each of ours."""
    return [n for n in run.signals_seen() if n != signal.SIGCONT]


# ---- no configuration ----

@PLACES
def test_stopped_application_obeys(start, app, second):
    """Rule 44: CONT follows the stop signal."""
    run = start("--", app, "stop", "exit=0", second=second)
    child = run.application()
    assert run.alive()
    while open(f"/proc/{child.pid}/stat").read().split()[2] != "T":
        time.sleep(0.005)
    status, seconds = run.stop(timeout=2)
    assert status == 143 and seconds < 0.5


@PLACES
@pytest.mark.parametrize("shell", [
    "{app} quit=15,0,500 say=up pause; true",
    "setsid {app} quit=15,0,500 say=up pause; true",
    "setsid {app} quit=15,0,500 say=up pause & wait",
    "{{ {app} quit=15,0,500 say=up pause >&3 | cat; }} 3>&1",
    "(({app} quit=15,0,500 say=up pause &) &) ; sleep 100",
], ids=["shell", "setsid", "background", "pipe", "orphan"])
def test_application_behind_a_shell_drains(start, app, second, shell):
    """Rules 48 and 50. Debian's sh dies of TERM at once, and what it started is drained."""
    run = start("--", "/bin/sh", "-c", shell.format(app=app), second=second)
    run.wait_out("^up$")
    status, seconds = run.stop()
    assert status == 143
    assert run.out.endswith("done\n") and run.signals_seen().count(15) == 1
    assert 0.49 < seconds < 0.95


def test_nothing_waits_longer_than_it_must(start, app):
    """An end without leftovers is over at once."""
    run = running(start, app, "quit=15,3,0", "say=up", "pause")
    status, seconds = run.stop()
    assert status == 3 and seconds < 0.1


def test_without_settings_each_stop_signal_is_forwarded(start, app):
    """Rule 45 as the contract has it: the application's time is the runtime's to limit."""
    run = running(start, app, "trap", "say=up", "pause")
    for count in range(1, 4):
        run.signal(signal.SIGTERM)
        run.wait_out("^signal 15$", count=count)
    run.signal(signal.SIGINT)
    run.wait_out("^signal 2$")
    assert run.alive() and stop_signals(run) == [15, 15, 15, 2]


# ---- leftovers of an application that ended by itself ----

@PLACES
def test_leftover_is_asked_to_end(start, app, second):
    """Rule 48: TERM, and time to obey; the application's own status stays."""
    run = start("--", app, "child", "quit=15,0,300", "say=up", "pause", "end",
                "sleep=100", "exit=5", second=second)
    assert run.end() == 5
    assert run.out.endswith("signal 15\ndone\n") or "done\n" in run.out


def test_leftover_in_a_session_of_its_own(start, app):
    run = start("--", app, "daemon", "setsid", "quit=15,0,100", "say=up", "pause", "end",
                "sleep=100", "exit=5")
    assert run.end() == 5 and "done\n" in run.out


def test_leftover_that_is_stopped(start, app):
    """CONT comes with TERM."""
    run = start("--", app, "child", "stop", "end", "sleep=100", "exit=5")
    begin = time.monotonic()
    assert run.end() == 5 and time.monotonic() - begin < 1


@PLACES
def test_leftover_that_does_not_obey_is_killed(start, app, second):
    run = start("--", app, "child", "trap", "say=up", "pause", "end", "sleep=100", "say=bye",
                "exit=5", config="[app]\nleftover-timeout = 300ms\n", second=second)
    run.wait_out("bye")
    begin = time.monotonic()
    assert run.end() == 5
    assert 0.25 < time.monotonic() - begin < 0.8
    assert 15 in run.signals_seen()


def test_crowd_of_leftovers(start, app):
    """They fork while they are signalled; all are found."""
    steps = ["daemon", "daemon", "quit=15,0,50", "say=up", "pause", "end", "quit=15,0,100",
             "say=up", "pause", "end"]
    run = start("--", app, *steps * 10, "sleep=200", "exit=1")
    assert run.end() == 1
    assert run.out.count("up\n") == run.out.count("done\n") == 20


# ---- stop-timeout, stop-signal, stop-on ----

@PLACES
def test_stop_timeout_then_kill(start, app, second):
    """Rule 51."""
    run = running(start, app, "trap", "say=up", "pause", config="[app]\nstop-timeout = 300ms\n",
                  second=second)
    status, seconds = run.stop()
    assert status == 137 and 0.28 < seconds < 0.8
    assert stop_signals(run) == [15]
    assert "stop-timeout is over: KILL follows" in run.err


def test_stop_timeout_holds_for_leftovers_too(start, app):
    run = start("--", "/bin/sh", "-c", f"{app} trap say=up pause; true",
                config="[app]\nstop-timeout = 300ms\n")
    run.wait_out("^up$")
    status, seconds = run.stop()
    assert status == 143 and 0.28 < seconds < 0.8


def test_application_that_obeys_in_time_is_not_killed(start, app):
    run = running(start, app, "quit=15,4,100", "say=up", "pause",
                  config="[app]\nstop-timeout = 5s\n")
    status, seconds = run.stop()
    assert status == 4 and seconds < 0.4


@pytest.mark.parametrize("name", ["QUIT", "SIGQUIT", "3"])
def test_stop_signal_is_another_one(start, app, name):
    """Rule 47."""
    run = running(start, app, "quit=3,6,0", "say=up", "pause",
                  config=f"[app]\nstop-signal = {name}\n")
    assert run.stop()[0] == 6 and stop_signals(run) == [3]


def test_stop_signal_is_the_one_that_asked(start, app):
    run = running(start, app, "quit=2,6,0", "say=up", "pause",
                  config="[app]\ndrain = 50ms\n")
    assert run.stop(signal.SIGINT)[0] == 6 and stop_signals(run) == [2]


def test_escalation(start, app):
    run = running(start, app, "trap", "say=up", "pause",
                  config="[app]\nstop-signal = USR1 200ms, TERM 200ms, KILL\n")
    status, seconds = run.stop()
    assert status == 137 and stop_signals(run) == [10, 15]
    assert 0.38 < seconds < 0.9


def test_escalation_ends_with_the_application(start, app):
    run = running(start, app, "quit=10,2,100", "say=up", "pause",
                  config="[app]\nstop-signal = USR1 5s, TERM 3s\n")
    status, seconds = run.stop()
    assert status == 2 and seconds < 0.5 and stop_signals(run) == [10]


@pytest.mark.parametrize("name, number", [("QUIT", 3), ("WINCH", 28), ("RTMIN+3", 37)])
def test_stop_on(start, app, name, number):
    config = f"[app]\nstop-on = {name}\nstop-signal = TERM\ndrain = 50ms\n"
    run = running(start, app, "quit=15,6,0", "say=up", "pause", config=config)
    run.signal(signal.SIGHUP)
    run.wait_out("signal 1")
    assert run.stop(number)[0] == 6 and stop_signals(run) == [1, 15]


def test_quit_is_only_forwarded(start, app):
    """A JVM answers it with a thread dump."""
    run = running(start, app, "trap", "say=up", "pause",
                  config="[app]\ndrain = 50ms\nstop-timeout = 100ms\n")
    run.signal(signal.SIGQUIT)
    run.wait_out("signal 3")
    time.sleep(0.3)
    assert run.alive()
    assert run.stop()[0] == 137


# ---- drain ----

def test_drain_waits_before_the_stop_signal(start, app):
    run = running(start, app, "quit=15,0,0", "say=up", "pause",
                  config="[app]\ndrain = 400ms\n")
    begin = time.monotonic()
    run.signal(signal.SIGTERM)
    run.wait_out("signal 15")
    assert 0.38 < time.monotonic() - begin < 0.8
    assert run.end() == 0


def test_signals_are_forwarded_while_draining(start, app):
    run = running(start, app, "quit=15,0,0", "say=up", "pause", config="[app]\ndrain = 400ms\n")
    run.signal(signal.SIGTERM)
    time.sleep(0.05)
    run.signal(signal.SIGUSR1)
    run.wait_out("signal 10")
    assert run.end() == 0 and stop_signals(run) == [10, 15]


@pytest.mark.parametrize("second_signal", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_cuts_the_drain(start, app, second_signal):
    """Rule 46."""
    run = running(start, app, "trap", "quit=15,0,0", "say=up", "pause",
                  config="[app]\ndrain = 20s\nstop-signal = TERM\n")
    run.signal(signal.SIGTERM)
    time.sleep(0.1)
    assert run.alive() and run.signals_seen() == []
    status, seconds = run.stop(second_signal)
    assert status == 0 and seconds < 0.3
    assert stop_signals(run) == [15]


def test_further_signals_are_forwarded_once_it_was_told(start, app):
    run = running(start, app, "trap", "say=up", "pause",
                  config="[app]\ndrain = 100ms\nstop-timeout = 20s\n")
    run.signal(signal.SIGTERM)
    run.wait_out("^signal 15$")
    run.signal(signal.SIGTERM)
    run.wait_out("^signal 15$", count=2)
    run.signal(signal.SIGINT)
    run.wait_out("^signal 2$")
    assert run.alive()


def test_application_that_ends_while_draining(start, app):
    run = running(start, app, "say=up", "sleep=300", "exit=7", config="[app]\ndrain = 20s\n")
    status, seconds = run.stop()
    assert status == 7 and seconds < 0.8


def test_health_and_readiness_while_draining(start, app):
    run = running(start, app, "quit=15,0,0", "say=up", "pause", config="[app]\ndrain = 2s\n")
    run.signal(signal.SIGTERM)
    time.sleep(0.05)
    assert run.pintle("--health").returncode == 0
    assert run.pintle("--ready").returncode == 1
    run.signal(signal.SIGTERM)
    assert run.end() == 0


# ---- exit statuses ----

@pytest.mark.parametrize("mapping, steps, asked, status", [
    ("143=0", ["say=up", "pause"], True, 0),
    ("143=0", ["say=up", "die=15"], False, 0),
    ("stop:143=0", ["say=up", "pause"], True, 0),
    ("stop:143=0", ["say=up", "die=15"], False, 143),
    ("3=4\nexit-map = 5=6", ["say=up", "exit=5"], False, 6),
    ("3=4", ["say=up", "exit=4"], False, 4),
])
def test_exit_map(start, app, mapping, steps, asked, status):
    run = running(start, app, *steps, config=f"[app]\nexit-map = {mapping}\n")
    if asked:
        run.signal(signal.SIGTERM)
    assert run.end() == status


def test_later_signals_do_not_change_the_status(start, app):
    """Rules 32 and 49: there is nobody any more to get them."""
    run = start("--", app, "child", "quit=15,0,300", "say=up", "pause", "end", "sleep=50",
                "exit=5")
    run.wait_out("signal 15")
    run.signal(signal.SIGINT)
    run.signal(signal.SIGTERM)
    assert run.end() == 5


def test_application_killed_from_outside(start, app):
    run = running(start, app, "say=up", "pause")
    os.kill(run.application().pid, signal.SIGKILL)
    assert run.end() == 137
