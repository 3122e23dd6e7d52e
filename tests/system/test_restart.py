# SPDX-License-Identifier: Apache-2.0
"""[app] restart: when it is started again, how soon, and when not."""
import json
import signal
import time

import pytest

PLACES = pytest.mark.parametrize("second", [False, True], ids=["pid1", "not-pid1"])

SOON = "restart-delay = 20ms\n"


def starts(run):
    return run.out.count("up\n")


@PLACES
def test_failures_in_a_row_are_limited(run, app, second):
    config = f"[app]\nrestart = on-failure\nrestart-limit = 3\n{SOON}"
    done = run("--", app, "say=up", "exit=7", config=config, second=second)
    assert done.status == 7 and starts(done) == 4
    assert done.err.count("is started again in") == 3
    assert "started again in 20 ms" in done.err and "started again in 80 ms" in done.err


def test_success_is_no_failure(run, app):
    done = run("--", app, "say=up", config=f"[app]\nrestart = on-failure\n{SOON}")
    assert done.status == 0 and starts(done) == 1


def test_mapped_success_is_none_either(run, app):
    done = run("--", app, "say=up", "exit=7",
               config=f"[app]\nrestart = on-failure\nexit-map = 7=0\n{SOON}")
    assert done.status == 0 and starts(done) == 1


def test_never_is_the_default(run, app):
    done = run("--", app, "say=up", "exit=7", config="[app]\n")
    assert done.status == 7 and starts(done) == 1


@pytest.mark.parametrize("command,status", [(["/nowhere"], 127), (["/etc"], 126)])
def test_what_cannot_be_run_is_not_tried_again(run, command, status):
    done = run("--", *command, config=f"[app]\nrestart = always\n{SOON}")
    assert done.status == status and "started again" not in done.err


@PLACES
@pytest.mark.parametrize("steps", [["exit=0"], ["exit=1"], ["die=11"]])
def test_always_until_the_stop(start, app, steps, second):
    run = start("--", app, "say=up", *steps, config=f"[app]\nrestart = always\n{SOON}",
                second=second)
    run.wait_out("^up$", count=3)
    status, seconds = run.stop()
    assert seconds < 1
    assert status in {"exit=0": (0, 143), "exit=1": (1, 143), "die=11": (139, 143)}[steps[0]]


def test_stop_while_it_pauses(start, app):
    """The last status stands; nothing waits for the rest of the delay."""
    run = start("--", app, "say=up", "exit=9", config="[app]\nrestart = always\n"
                "restart-delay = 30s\n")
    run.wait_err("is started again in 30000 ms")
    status, seconds = run.stop()
    assert status == 9 and seconds < 0.5 and starts(run) == 1


def test_an_asked_stop_is_no_failure(start, app):
    run = start("--", app, "quit=15,5,0", "say=up", "pause",
                config=f"[app]\nrestart = always\n{SOON}")
    run.wait_out("^up$")
    assert run.stop()[0] == 5
    assert starts(run) == 1


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGUSR1, signal.SIGHUP])
def test_stopped_from_outside_is_no_crash(start, app, number):
    run = start("--", app, "say=up", "pause", config=f"[app]\nrestart = always\n{SOON}")
    run.wait_out("^up$")
    status, _ = run.stop(number)
    assert status == 128 + number and starts(run) == 1
    assert "stop-on" in run.err and number.name[3:] in run.err


def test_killed_from_inside_is_a_crash(start, app):
    """The OOM killer, or the application's own abort."""
    run = start("--", app, "say=up", "pause", config=f"[app]\nrestart = on-failure\n{SOON}")
    run.wait_out("^up$")
    run.inside("kill", "-QUIT", str(run.application().inside))
    run.wait_out("^up$", count=2)
    assert run.alive()


@PLACES
def test_leftovers_go_before_the_next_start(start, app, second):
    """Each start finds the place empty: TERM, and those who stay get KILL."""
    config = f"[app]\nrestart = always\nleftover-timeout = 100ms\n{SOON}"
    run = start("--", "/bin/sh", "-c", f"{app} ignore=15 say=left pause & echo up; sleep 0.1",
                config=config, second=second)
    run.wait_out("^left$", count=3)
    run.wait_out("^up$", count=3)
    left = [p for p in run.processes() if "say=left" in p.command and p.state != "Z"]
    assert len(left) <= 1
    assert "has not ended in time" in run.err


def test_leftovers_are_asked_while_an_agent_runs(start, app):
    """There it is not enough to see whether there are children at all."""
    config = f"""
        [app]
        restart = always
        restart-delay = 20ms
        [discovery]
        registry = file
        address = /run/services
        [port web]
        default = 8080
        [service web]
        address = static:192.0.2.7
    """
    run = start("--", "/bin/sh", "-c", f"{app} quit=15,0,0 say=left pause & echo up; sleep 0.2",
                config=config)
    run.wait_out("^left$", count=3)
    assert run.out.count("done") >= 2
    agent = run.agent()
    status, seconds = run.stop()
    assert seconds < 5 and agent


def test_status_counts(start, app):
    run = start("--", app, "say=up", "sleep=100", "exit=1",
                config=f"[app]\nrestart = on-failure\n{SOON}")
    run.wait_out("^up$", count=3)
    told = json.loads(run.pintle("--status=json").stdout)
    assert told["application"]["restarts"] >= 2


def test_health_while_it_pauses(start, app):
    """Nothing runs after its start: that is not healthy."""
    run = start("--", app, "exit=1", config="[app]\nrestart = always\nrestart-delay = 30s\n")
    run.wait_err("is started again")
    assert run.pintle("--health").returncode == 1
    assert run.pintle("--ready").returncode == 1
    assert '"phase": "restarting"' in run.pintle("--status=json").stdout or \
        json.loads(run.pintle("--status=json").stdout)["phase"] == "restarting"


def test_each_start_has_its_own_time_to_stop(start, app):
    """What the leftovers of an earlier run were told does not bind the next one."""
    config = f"[app]\nrestart = on-failure\nstop-timeout = 5s\nleftover-timeout = 50ms\n{SOON}"
    run = start("--", "/bin/sh", "-c",
                f"[ -e /run/second ] && exec {app} quit=15,3,300 say=up pause; touch /run/second; "
                f"{app} ignore=15 say=left pause & sleep 0.05; exit 1", config=config)
    run.wait_out("^up$")
    time.sleep(0.2)
    assert run.alive()
    assert run.stop()[0] == 3


@pytest.mark.parametrize("directory", ["", "directory = inner\n"], ids=["unset", "relative"])
def test_it_stays_in_the_directory_of_the_first_start(start, app, tmp_path, directory):
    (tmp_path / "inner").mkdir()
    run = start("--", "/bin/sh", "-c", "pwd", cwd=tmp_path,
                config=f"[app]\nrestart = always\n{SOON}{directory}")
    wanted = tmp_path / "inner" if directory else tmp_path
    run.wait_out(f"^{wanted}$", count=3)
    assert set(run.out.split()) == {str(wanted)}
