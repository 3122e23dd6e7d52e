# SPDX-License-Identifier: Apache-2.0
"""[job NAME]: before and after the start and the stop, alongside, every so often."""
import json
import os
import re
import signal
import time

import pytest

from helpers import until

PLACES = pytest.mark.parametrize("second", [False, True], ids=["pid1", "not-pid1"])


def jobs(app, **steps):
    """Sections for jobs: name="steps", or name=("steps", "key = value", ...)."""
    text = ""
    for name, job in steps.items():
        step, *keys = [job] if isinstance(job, str) else job
        lines = "".join(f"{key}\n" for key in keys)
        text += f"[job {name}]\ncommand = {app} {step}\n{lines}"
    return text


def lines(run):
    """What was printed, without the CONT behind each signal of ours."""
    return [line for line in run.out.split("\n")[:-1] if line != "signal 18"]


def status_of(run, name):
    """The job as --status=json tells it."""
    told = json.loads(until(lambda: run.pintle("--status=json").stdout, what="an answer"))
    return next(job for job in told["jobs"] if job["name"] == name)


def wait_for_state(run, name, state, timeout=5):
    return until(lambda: (job := status_of(run, name))["state"] == state and job, timeout,
                 f"job {name}: {state}")


def running(start, app, *steps, **options):
    """The application has done these steps, said that it is up, and waits."""
    run = start("--", app, *steps, "say=up", "pause", **options)
    run.wait_out("^up\r?$")
    return run


# ---- pre-start ----

@PLACES
def test_pre_start_jobs_come_first_in_their_order(run, app, second):
    config = jobs(app, b=("sleep=200 say=b", "when = pre-start"), a="say=a")
    done = run("--", app, "say=up", "exit=4", config=config, second=second)
    assert done.status == 4 and lines(done) == ["b", "a", "up"]


@PLACES
@pytest.mark.parametrize("command, keys, says", [
    ("{app} exit=3", "", "ended with status 3"),
    ("{app} die=11", "", "was killed by signal SEGV"),
    ("/does/not/exist", "", "/does/not/exist: No such file or directory"),
    ("/etc", "", "/etc: Permission denied"),
    ("{app} sleep=60000", "timeout = 200ms", "killed after 200ms"),
    ("{app} exit=0", "directory = /does/not/exist", "directory /does/not/exist: No such file"),
], ids=["status", "signal", "missing", "not-executable", "timeout", "directory"])
def test_pre_start_job_that_fails_ends_the_start(run, app, command, keys, says, second):
    config = f"[job migrate]\ncommand = {command.format(app=app)}\n{keys}\n"
    config += jobs(app, other="say=other", after=("say=after", "when = post-start"))
    done = run("--", app, "say=up", config=config, second=second)
    assert done.status == 69 and done.out == ""
    errors = [line for line in done.err.splitlines() if "error" in line]
    assert len(errors) == 1
    assert errors[0].startswith("pintle: error: job migrate: ") and says in errors[0]


def test_failure_may_be_ignored(run, app):
    config = jobs(app, a=("exit=3", "on-failure = ignore"), b="say=b")
    done = run("--", app, "say=up", config=config)
    assert done.status == 0 and lines(done) == ["b", "up"]
    assert "pintle: warning: job a: ended with status 3\n" in done.err


@PLACES
def test_stop_while_a_pre_start_job_runs(start, app, second):
    """Rule 9: at once, and the application is not started."""
    config = jobs(app, a="child trap say=child pause end trap say=a pause", b="say=b")
    run = start("--", app, "say=started", "pause", config=config, second=second)
    run.wait_out("^a$")
    run.wait_out("^child$")
    status, seconds = run.stop()
    assert status == 143 and seconds < 1
    assert sorted(lines(run)) == ["a", "child"]


def test_hang_up_while_a_pre_start_job_runs(start, app):
    """Rule 10: what does not ask for the stop changes nothing."""
    run = start("--", app, "quit=15,0,0", "say=up", "pause",
                config=jobs(app, a="trap say=a sleep=400"))
    run.wait_out("^a$")
    run.signal(signal.SIGHUP)
    run.signal(signal.SIGUSR1)
    run.wait_out("^up$")
    assert "signal" not in run.out
    assert run.stop()[0] == 0


def test_missing_user_is_told_before_anything_runs(run, app):
    config = jobs(app, a="say=a", b=("say=b", "user = nobody-there"))
    done = run("--", app, "say=up", config=config)
    assert done.status != 0 and done.out == ""
    assert "job b: user 'nobody-there' is not in /etc/passwd" in done.err


# ---- post-start ----

def test_post_start_jobs_run_beside_the_application(start, app):
    config = jobs(app, a=("sleep=100 say=a", "when = post-start"),
                  b=("say=b exit=1", "when = post-start"))
    run = running(start, app, "quit=15,3,0", config=config)
    run.wait_out("^b$")
    assert sorted(lines(run)) == ["a", "b", "up"] and lines(run).index("a") < lines(run).index("b")
    run.wait_err("warning: job b: ended with status 1")
    status, seconds = run.stop()
    assert status == 3 and seconds < 1


def test_post_start_job_without_which_there_is_no_going_on(start, app):
    config = jobs(app, a=("sleep=100 exit=1", "when = post-start", "on-failure = fail"))
    run = running(start, app, "quit=15,0,0", config=config)
    assert run.end() == 69
    assert "signal 15" in run.out
    assert run.err.count("error: job a: ended with status 1\n") == 1


# ---- pre-stop ----

def test_pre_stop_jobs_come_before_the_stop_signal(start, app):
    config = "[app]\ndrain = 100ms\n"
    config += jobs(app, a=("sleep=200 say=a", "when = pre-stop"),
                   b=("say=b exit=1", "when = pre-stop"))
    run = running(start, app, "quit=15,3,0", config=config)
    status, seconds = run.stop()
    assert status == 3 and 0.28 < seconds < 1.5
    assert lines(run) == ["up", "a", "b", "signal 15", "done"]
    assert "warning: job b: ended with status 1" in run.err


@PLACES
def test_pre_stop_job_has_three_seconds(start, app, second):
    config = jobs(app, a=("child trap say=child pause end trap say=a pause", "when = pre-stop"))
    run = running(start, app, "quit=15,0,0", config=config, second=second)
    status, seconds = run.stop()
    assert status == 0 and 2.9 < seconds < 4.5
    assert "warning: job a: killed after 3s\n" in run.err
    assert lines(run)[-2:] == ["signal 15", "done"]


def test_second_signal_cuts_pre_stop_jobs(start, app):
    """Rule 46."""
    config = jobs(app, a=("trap say=a pause", "when = pre-stop", "timeout = none"),
                  b=("say=b", "when = pre-stop"))
    run = running(start, app, "quit=15,0,0", config=config)
    run.signal(signal.SIGTERM)
    run.wait_out("^a$")
    assert run.alive()
    status, seconds = run.stop()
    assert status == 0 and seconds < 1
    assert lines(run) == ["up", "a", "signal 15", "done"]


def test_application_that_ends_while_pre_stop_jobs_run(start, app):
    config = jobs(app, a=("say=a pause", "when = pre-stop", "timeout = none"))
    run = running(start, app, "quit=10,7,0", config=config)
    run.signal(signal.SIGTERM)
    run.wait_out("^a$")
    run.signal(signal.SIGUSR1)
    begin = time.monotonic()
    assert run.end() == 7 and time.monotonic() - begin < 1


def test_ready_no_more_while_pre_stop_jobs_run(start, app):
    config = jobs(app, a=("say=a pause", "when = pre-stop", "timeout = none"))
    run = running(start, app, "quit=15,0,0", config=config)
    run.signal(signal.SIGTERM)
    run.wait_out("^a$")
    assert run.pintle("--health").returncode == 0
    assert run.pintle("--ready").returncode == 1
    assert run.stop()[0] == 0


# ---- post-stop ----

@PLACES
def test_post_stop_jobs_come_last(start, app, second):
    """After the application and what it left; the status stays the application's."""
    config = jobs(app, a=("say=a exit=9", "when = post-stop"), b=("say=b", "when = post-stop"))
    run = running(start, app, "child", "quit=15,0,200", "say=child", "pause", "end", "quit=15,5,0",
                  config=config, second=second)
    run.wait_out("^child$")
    assert run.stop()[0] == 5
    assert lines(run)[-3:] == ["done", "a", "b"]
    assert "warning: job a: ended with status 9" in run.err


def test_post_stop_jobs_of_an_application_that_ends_by_itself(run, app):
    config = jobs(app, a=("say=a", "when = post-stop"), b=("say=b", "when = pre-stop"))
    done = run("--", app, "say=up", "exit=6", config=config)
    assert done.status == 6 and lines(done) == ["up", "a"]


def test_post_stop_job_has_three_seconds(run, app):
    config = jobs(app, a=("trap pause", "when = post-stop"))
    begin = time.monotonic()
    done = run("--", app, "exit=6", config=config)
    assert done.status == 6 and 2.9 < time.monotonic() - begin < 5
    assert "job a: killed after 3s" in done.err


# ---- alongside ----

@PLACES
def test_alongside_ends_with_the_application(start, app, second):
    config = jobs(app, a=("quit=15,0,0 say=a pause", "when = alongside"))
    run = running(start, app, "quit=15,3,0", config=config, second=second)
    run.wait_out("^a$")
    status, seconds = run.stop()
    assert status == 3 and seconds < 1
    assert lines(run).count("done") == 2
    assert "job a" not in run.err


@PLACES
def test_alongside_when_the_application_ends_by_itself(start, app, second):
    config = jobs(app, a=("quit=15,0,0 say=a pause", "when = alongside"))
    run = running(start, app, "quit=10,3,0", config=config, second=second)
    run.wait_out("^a$")
    status, seconds = run.stop(signal.SIGUSR1)
    assert status == 3 and seconds < 1
    assert lines(run).count("signal 15") == 1


def test_alongside_that_does_not_obey_is_killed(start, app):
    config = "[app]\nleftover-timeout = 300ms\n"
    config += jobs(app, a=("trap say=a pause", "when = alongside"))
    run = running(start, app, "quit=15,3,0", config=config)
    run.wait_out("^a$")
    status, seconds = run.stop()
    assert status == 3 and 0.28 < seconds < 1.5
    assert "job a" in run.err and "KILL" in run.err


@PLACES
def test_alongside_ends_in_time_also_while_a_restart_is_awaited(start, app, second):
    config = "[app]\nrestart = always\nrestart-delay = 20s\n"
    config += jobs(app, a=("quit=15,0,300 say=a pause", "when = alongside"))
    run = start("--", app, "sleep=300", "exit=3", config=config, second=second)
    run.wait_out("^a$")
    run.wait_err("started again")
    status, seconds = run.stop()
    assert status == 3 and seconds < 1.5
    assert lines(run) == ["a", "signal 15", "done"]


def test_alongside_that_fails_for_good_while_a_restart_is_awaited(run, app):
    config = "[app]\nrestart = always\nrestart-delay = 20s\n"
    config += jobs(app, a=("sleep=500 exit=4", "when = alongside", "on-failure = fail"),
                   b=("quit=15,0,300 say=b pause", "when = alongside"))
    done = run("--", app, "sleep=100", "exit=3", config=config, timeout=5)
    assert done.status == 69 and lines(done) == ["b", "signal 15", "done"]


def test_alongside_is_restarted_when_it_fails(start, app):
    """After 1 s, then 2 s."""
    config = jobs(app, a=("say=a exit=1", "when = alongside"))
    run = running(start, app, "quit=15,0,0", config=config)
    run.wait_out("^a$")
    begin = time.monotonic()
    run.wait_out("^a$", count=2, timeout=10)
    assert time.monotonic() - begin > 0.7
    run.wait_out("^a$", count=3, timeout=10)
    assert time.monotonic() - begin > 2.5
    for seconds in (1, 2, 4):
        run.wait_err(f"job a: ended with status 1, and is started again in {seconds} s$")
    assert run.stop()[0] == 0


def test_alongside_that_is_killed_is_restarted(start, app):
    config = jobs(app, a=("say=a pause", "when = alongside"))
    run = running(start, app, "quit=15,0,0", config=config)
    run.wait_out("^a$")
    inside = wait_for_state(run, "a", "running")["pid"]
    os.kill(next(p.pid for p in run.processes() if p.inside == inside), signal.SIGKILL)
    run.wait_out("^a$", count=2, timeout=10)
    told = wait_for_state(run, "a", "running")
    assert told["runs"] == 2 and told["status"] == 137 and told["pid"] not in (0, inside)
    assert run.stop()[0] == 0


def test_alongside_that_is_finished_is_not_restarted(start, app):
    config = jobs(app, a=("say=a", "when = alongside"))
    run = running(start, app, "quit=15,0,0", config=config)
    told = wait_for_state(run, "a", "done")
    assert told["runs"] == 1 and told["status"] == 0 and told["pid"] == 0
    status, seconds = run.stop()
    assert status == 0 and seconds < 1 and "job a" not in run.err


@PLACES
def test_alongside_without_which_there_is_no_going_on(start, app, second):
    config = jobs(app, a=("sleep=200 exit=4", "when = alongside", "on-failure = fail"))
    run = running(start, app, "quit=15,0,0", config=config, second=second)
    assert run.end() == 69
    assert "signal 15" in run.out
    assert run.err.count("error: job a: ended with status 4\n") == 1


# ---- every ----

def test_every_runs_again_and_again_but_never_twice_at_once(start, app):
    script = "mkdir /run/lock || echo twice; echo run; sleep 0.3; rmdir /run/lock"
    config = f"[job a]\nwhen = every 100ms\ncommand = sh -c '{script}'\n"
    run = running(start, app, "quit=15,0,0", config=config)
    run.wait_out("^run$")
    begin = time.monotonic()
    run.wait_out("^run$", count=4, timeout=20)
    assert time.monotonic() - begin > 0.9
    assert "twice" not in run.out and status_of(run, "a")["when"] == "every 100ms"
    assert run.stop()[0] == 0


def test_every_begins_after_its_time(start, app):
    run = running(start, app, "quit=15,0,0", config=jobs(app, a=("say=a", "when = every 500ms")))
    begin = time.monotonic()
    run.wait_out("^a$")
    assert time.monotonic() - begin > 0.4
    assert run.stop()[0] == 0


def test_every_goes_on_after_a_timeout(start, app):
    config = jobs(app, a=("say=a pause", "when = every 100ms", "timeout = 150ms"))
    run = running(start, app, "quit=15,0,0", config=config)
    run.wait_out("^a$", count=3)
    assert run.err.count("warning: job a: killed after 150ms\n") >= 2
    assert run.stop()[0] == 0


# ---- what a job is ----

def test_surroundings(start, app):
    config = ("[app]\nuser = 12345:12346\ndirectory = /usr\numask = 027\n[env]\nFOO = bar\n"
              "[port web]\ndefault = 8080\n" +
              jobs(app, a="report say=${PORT_WEB}"))
    run = running(start, app, config=config, stdin="pipe")
    told = run.report_of_app()
    run.wait_out("^8080$")
    assert (told["uid"], told["gid"], told["cwd"]) == (12345, 12346, "/usr")
    assert told["umask"] == 0o027 and told["fds"] == [0, 1, 2]
    assert told["pid"] == told["sid"] == told["pgid"] and told["foreground"] == -1
    assert {"FOO=bar", "PORT_WEB=8080", "PORT=8080", "HOME=/"} <= set(told["env"])
    assert told["blocked"] == told["ignored"] == []
    assert run.stop()[0] == 143


def test_job_says_otherwise(start, app):
    config = ("[app]\nuser = 12345:12346\ndirectory = /usr\numask = 027\n" +
              jobs(app, a=("report", "user = root", "directory = /etc", "umask = 077")))
    run = running(start, app, config=config)
    told = run.report_of_app()
    assert (told["uid"], told["gid"], told["cwd"], told["umask"]) == (0, 0, "/etc", 0o077)
    assert "HOME=/root" in told["env"]
    assert run.stop()[0] == 143


def test_standard_error_stays_the_applications(start, app):
    """It may open /dev/stderr anew; a job with another user does not take it away."""
    config = ("[app]\nuser = 12345\n" +
              jobs(app, a=("say=a", "when = post-start", "user = 54321")))
    run = running(start, app, config=config)
    run.wait_out("^a$")
    assert os.fstat(run.launcher.stderr.fileno()).st_uid == 12345
    assert run.stop()[0] == 143


def test_unset_it_runs_where_the_application_does(start, app, tmp_path):
    config = jobs(app, a="report", b=("sleep=100 report", "when = post-start"))
    run = running(start, app, config=config, cwd=tmp_path)
    run.wait_out("^{.*}$", count=2)
    told = [json.loads(line) for line in lines(run) if line[0] == "{"]
    assert [one["cwd"] for one in told] == [str(tmp_path)] * 2
    assert run.stop()[0] == 143


def test_input_is_nobodys(start, app):
    """What is piped to the application is the application's."""
    config = "[job a]\ncommand = sh -c 'cat; readlink /proc/self/fd/0'\n"
    run = start("--", "/bin/sh", "-c", "cat", config=config, stdin="pipe")
    run.input.write(b"hello\n")
    run.input.close()
    assert run.end() == 0 and lines(run) == ["/dev/null", "hello"]


def test_terminal_is_the_applications(start, app):
    config = jobs(app, a="foreground", b=("sleep=100 foreground say=b", "when = post-start"))
    run = running(start, app, "foreground", config=config, tty=True)
    run.wait_out("^b\r$")
    assert re.findall(r"foreground (\w+)", run.out) == ["no", "yes", "no"]
    run.type("\x03")
    assert run.end() == 130


@pytest.mark.parametrize("scope", ["process", "group"])
def test_signals_are_the_applications(start, app, scope):
    config = f"[app]\nsignal-scope = {scope}\n"
    config += jobs(app, a=("trap say=a pause", "when = alongside", "timeout = none"))
    run = running(start, app, "trap", "quit=15,0,0", config=config)
    run.wait_out("^a$")
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH):
        run.signal(number)
        run.wait_out(f"^signal {int(number)}$")
    time.sleep(0.1)
    assert run.signals_seen() == [1, 10, 28]
    run.signal(signal.SIGKILL)


@PLACES
def test_jobs_are_no_leftovers_and_all_are_reaped(start, app, second):
    """Rule 35."""
    config = jobs(app, a="zombies=3 orphans=3,50",
                  b=("zombies=2 orphans=2,50", "when = every 50ms"),
                  c=("orphans=5,50 pause", "when = alongside"))
    run = running(start, app, "quit=15,0,0", config=config, second=second)
    until(lambda: status_of(run, "b")["runs"] > 5, what="six runs")

    def zombies():
        return [p for p in run.children() if p.state == "Z"]
    for _ in range(5):
        until(lambda: not zombies(), what="no zombies")
    assert status_of(run, "c")["runs"] == 1
    status, seconds = run.stop()
    assert status == 0 and seconds < 1


def test_what_a_job_leaves_is_a_leftover(start, app):
    config = jobs(app, a="daemon setsid quit=15,0,100 say=daemon pause end")
    run = running(start, app, "quit=15,4,0", config=config)
    run.wait_out("^daemon$")
    assert run.stop()[0] == 4
    assert lines(run).count("done") == 2


def test_job_from_the_environment(run, app):
    done = run("--", app, "say=up", env={"PINTLE_JOB_HELLO_COMMAND": f"{app} say=hello"})
    assert done.status == 0 and lines(done) == ["hello", "up"]


def test_as_many_as_there_may_be(run, app):
    config = jobs(app, **{f"j{i}": f"say={i}" for i in range(64)})
    done = run("--", app, "say=up", config=config)
    assert done.status == 0 and lines(done) == [*map(str, range(64)), "up"]


# ---- what is told ----

def test_status(start, app):
    config = jobs(app, a="exit=0", b=("exit=2", "when = post-start"),
                  c=("say=c pause", "when = alongside"), d=("exit=0", "when = every 2m"))
    run = running(start, app, config=config)
    run.wait_out("^c$")
    b = wait_for_state(run, "b", "failed")
    assert b == {"name": "b", "when": "post-start", "state": "failed", "pid": 0, "runs": 1,
                 "status": 2}
    assert status_of(run, "a")["state"] == "done"
    c = status_of(run, "c")
    assert c["state"] == "running" and c["pid"] > 1 and "status" not in c
    assert status_of(run, "d") == {"name": "d", "when": "every 2m", "state": "waiting", "pid": 0,
                                   "runs": 0}
    assert "job b: when post-start, state failed" in run.pintle("--status").stdout
    run.stop()


def test_log(run, app):
    config = "[log]\nlevel = info\n" + jobs(app, a="exit=0")
    err = run("--", app, config=config).err
    assert re.search(r"^pintle: job a: started as pid \d+$", err, re.M)
    assert re.search(r"^pintle: job a: ended$", err, re.M)
    assert "job" not in run("--", app, config=jobs(app, a="exit=0")).err


def test_log_as_json(run, app):
    config = "[log]\nformat = json\n" + jobs(app, migrate="exit=3")
    done = run("--", app, config=config)
    assert done.status == 69
    told = [json.loads(line) for line in done.err.splitlines()]
    assert {"level": "error", "name": "pintle", "msg": "job migrate: ended with status 3"} in told
