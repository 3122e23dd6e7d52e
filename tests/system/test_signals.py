# SPDX-License-Identifier: Apache-2.0
"""[signals]: what comes in, and what goes on."""
import signal

import pytest

PLACES = pytest.mark.parametrize("second", [False, True], ids=["pid1", "not-pid1"])


def trapping(start, app, config, **options):
    run = start("--", app, "trap", "say=up", "pause", config=config, **options)
    run.wait_out("^up$")
    return run


@PLACES
def test_rewritten(start, app, second):
    run = trapping(start, app, "[signals]\nHUP = USR1\n35 = RTMIN+5\n", second=second)
    for number in (signal.SIGHUP, 35, signal.SIGUSR2):
        run.signal(number)
    run.wait_out("^signal 12$")
    run.wait_out("^signal 39$")
    run.wait_out("^signal 10$")
    assert 1 not in run.signals_seen() and 35 not in run.signals_seen()


def test_ignored(start, app):
    run = trapping(start, app, "[signals]\nHUP = ignore\nSIGUSR1 = ignore\n")
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        run.signal(number)
    run.wait_out("^signal 12$")
    assert run.signals_seen() == [12]


def test_rewritten_into_a_stop_signal_is_only_forwarded(start, app):
    """It asks for nothing: no drain, no timeout."""
    run = trapping(start, app, "[app]\nstop-timeout = 50ms\n[signals]\nQUIT = TERM\n")
    run.signal(signal.SIGQUIT)
    run.wait_out("^signal 15$")
    assert run.alive()
    assert run.stop(timeout=2)[0] == 137


def test_by_environment(start, app):
    run = trapping(start, app, "[app]\n", env={"PINTLE_SIGNALS_HUP": "ignore"})
    run.signal(signal.SIGHUP)
    run.signal(signal.SIGUSR1)
    run.wait_out("^signal 10$")
    assert run.signals_seen() == [10]


def test_shown_by_check(run, app):
    done = run("--check", "--", app, config="[signals]\nHUP = USR1\nWINCH = ignore\n")
    assert "HUP = USR1\t# " in done.out and "WINCH = ignore\t# " in done.out
