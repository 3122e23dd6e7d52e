# SPDX-License-Identifier: Apache-2.0
"""PID 1 goes on where everything is short: memory, processes, descriptors, the disk, readers; and
where others meddle with it: debuggers, stops, storms of signals."""
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

import helpers

PLACES = pytest.mark.parametrize("second", [False, True], ids=["pid1", "not-pid1"])
CONFIGURED = pytest.mark.parametrize("config", [None, "[app]\nleftover-timeout = 500ms\n"],
                                     ids=["plain", "configured"])


@pytest.fixture(scope="session")
def meddle(programs):
    return helpers.compile_c(Path(__file__).parent / "meddle.c", programs / "meddle")


@pytest.fixture
def cgroup():
    """cgroup("pids", max=5): a control group of this test's own, of either version."""
    made = []

    def make(controller, **limits):
        made.append(helpers.Cgroup(controller, f"pintle-test-{os.getpid()}-{len(made)}", limits))
        return made[-1]
    yield make
    for one in made:
        one.close()


def still_works(run, app):
    """It forwards, reaps, and ends with the right status: an application of quit=15,4,0."""
    before = len(run.processes())
    seen = run.signals_seen().count(10)
    run.signal(signal.SIGUSR1)
    run.wait_out("^signal 10$", count=seen + 1)
    assert run.inside(app, "daemon", "exit=1", "end").returncode == 0
    helpers.until(lambda: len(run.processes()) <= before, 5, "the orphan is reaped")
    assert run.stop()[0] == 4


def steady(start, app, *arguments, steps=(), **options):
    run = start(*arguments, "--", app, *steps, "quit=15,4,0", "say=up", "pause", **options)
    run.wait_out("^up$")
    return run


# ---- memory ----

class Trace:
    """The system calls of a process from now on: strace."""

    def __init__(self, pid, path, *options):
        self.path = path
        self.strace = subprocess.Popen(["strace", "-p", str(pid), "-o", path, *options],
                                       stderr=subprocess.PIPE, text=True)
        assert "attached" in self.strace.stderr.readline()

    def calls(self):
        """After its end: name and arguments of each."""
        self.strace.wait(10)
        self.strace.stderr.close()
        return re.findall(r"^(\w+)\((.*)", Path(self.path).read_text(), re.M)


@CONFIGURED
def test_steady_it_takes_no_memory_and_asks_no_wall_clock(start, app, meddle, pintle, tmp_path,
                                                          config):
    """Rule 60: no allocation once running. Without a vDSO every look at a clock is a system call:
    no other than the monotonic one is looked at, so the time of day may jump as it likes."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("novdso", pintle, *arguments, "--", app, "quit=15,4,0", "child", "trap", "pause",
                "end", "say=up", "pause", program=meddle)
    run.wait_out("^up$")
    run.pintle_arguments = arguments
    helpers.until(lambda: len(run.processes()) == 3, what="only pintle and the application")
    trace = Trace(run.pid, tmp_path / "trace")
    for number in (1, 3, 10, 12, 34, 50, 64):
        run.signal(number)
    run.wait_out("^signal 64$")
    assert run.inside(app, "orphans=20,20").returncode == 0
    for question in ("--health", "--status", "--status=json"):
        asked = run.inside(pintle, *arguments, question)
        assert (asked.returncode == 0) == (config is not None)
    helpers.until(lambda: len(run.processes()) == 3, what="all orphans are gone")
    run.inside("kill", "-9", str(run.application().inside))
    assert run.end() == 137
    calls = trace.calls()
    names = {name for name, _ in calls}
    assert not names & {"mmap", "brk", "mremap", "clone", "clone3", "fork", "vfork", "time",
                        "gettimeofday"}, names
    clocks = {text.split(",")[0] for name, text in calls if name == "clock_gettime"}
    assert clocks == {"CLOCK_MONOTONIC"}
    assert {"kill", "wait4"} <= names


@PLACES
@CONFIGURED
def test_out_of_memory(start, app, pintle, cgroup, tmp_path, second, config):
    """Rule 55: the kernel kills the application, pintle survives, and says why."""
    limited = cgroup("memory", limit=24 << 20)
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-c", limited.script(), "sh", pintle, *arguments, "--", app, "say=up", "eat=200",
                program="/bin/sh", second=second)
    assert run.end() == 137
    if config or not second:
        assert "OOM-killed" in run.err


def test_out_of_memory_behind_a_shell(start, app, pintle, cgroup):
    """Its status tells it, too."""
    limited = cgroup("memory", limit=24 << 20)
    run = start("-c", limited.script(), "sh", pintle, "--", "/bin/sh", "-c", f"{app} eat=200; exit $?",
                program="/bin/sh")
    assert run.end() == 137 and "ended with status 137 (OOM-killed)" in run.err


def test_killed_but_not_for_memory(start, app, pintle, cgroup, tmp_path):
    """What the group's memory cost before is no reason now."""
    limited = cgroup("memory", limit=24 << 20)
    done = start("-c", limited.script(), "sh", app, "eat=200", program="/bin/sh")
    done.end()
    run = start("-c", limited.script(), "sh", pintle, "-o", "app.umask=022", "--", app, "say=up",
                "pause", program="/bin/sh")
    run.wait_out("up")
    run.inside("kill", "-9", str(run.application().inside))
    assert run.end() == 137 and "KILL" in run.err and "OOM" not in run.err


def test_out_of_memory_by_version_2(start, pintle):
    """Its form of the count; where the machine has version 1, there is no such group to be had."""
    script = """mount -t tmpfs none /sys/fs/cgroup; events=/sys/fs/cgroup/memory.events
                printf 'max 0\\noom 0\\noom_kill 3\\noom_group_kill 0\\n' >$events; exec "$@" """
    for more, said in ((0, False), (1, True)):
        dies = f"""sleep 0.2; printf 'max 9\\noom 1\\noom_kill {3 + more}\\noom_group_kill 7\\n' \
                   >/sys/fs/cgroup/memory.events; kill -9 $$"""
        run = start("-c", script, "sh", pintle, "-o", "app.umask=022", "--", "/bin/sh", "-c", dies,
                    program="/bin/sh")
        assert run.end() == 137 and ("(OOM-killed)" in run.err) == said


# ---- processes ----

@CONFIGURED
def test_fork_refused(start, app, pintle, cgroup, tmp_path, config):
    """Rule 57: tried again for a second, then one clear line and 69."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-c", cgroup("pids", max=1).script(), "sh", pintle, *arguments, "--", app,
                "exit=0", program="/bin/sh")
    assert run.end() == 69
    assert 0.9 < run.ended_at - run.executed_at < 5
    assert run.err.count("\n") == 1 and re.match(r"pintle: error: app: \S*app: .*process", run.err)


@CONFIGURED
def test_fork_refused_for_a_moment(start, app, pintle, cgroup, tmp_path, config):
    limited = cgroup("pids", max=1)
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-c", limited.script("echo waiting"), "sh", pintle, *arguments, "--", app,
                "quit=15,4,0", "say=up", "pause", program="/bin/sh")
    run.wait_out("waiting")
    limited.set(max="max")
    run.wait_out("^up$")
    still_works(run, app)
    assert "error" not in run.err


@CONFIGURED
@pytest.mark.parametrize("command, status", [("/nowhere", 127), ("/etc", 126)])
def test_failure_after_fork_was_refused(start, pintle, cgroup, tmp_path, config, command, status):
    """The second try tells as much as the first."""
    limited = cgroup("pids", max=1)
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-c", limited.script("echo waiting"), "sh", pintle, *arguments, "--", command,
                program="/bin/sh")
    run.wait_out("waiting")
    helpers.until(lambda: helpers.Process(run.pid).name == "pintle", what="it was executed")
    time.sleep(0.02)
    limited.set(max="max")
    assert run.end() == status
    assert f"pintle: error: app: {command}: " in run.err


@CONFIGURED
def test_sockets_are_handed_over_after_fork_was_refused(start, app, pintle, cgroup, tmp_path, config):
    """Rule 28: also by a plain init, which keeps nothing open that it does not need any more."""
    limited = cgroup("pids", max=1)
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    given = "exec 3</etc/hostname; export LISTEN_PID=$$ LISTEN_FDS=1; echo waiting"
    run = start("-c", limited.script(given), "sh", pintle, *arguments, "--", app, "report",
                program="/bin/sh")
    run.wait_out("waiting")
    helpers.until(lambda: helpers.Process(run.pid).name == "pintle", what="it was executed")
    time.sleep(0.02)
    limited.set(max="max")
    report = run.report_of_app()
    assert report["fds"] == [0, 1, 2, 3] and f"LISTEN_PID={report['pid']}" in report["env"]


@CONFIGURED
def test_stop_while_fork_is_refused(start, app, pintle, cgroup, tmp_path, config):
    """Rule 9."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-c", cgroup("pids", max=1).script("echo waiting"), "sh", pintle, *arguments, "--",
                app, "exit=0", program="/bin/sh")
    run.wait_out("waiting")
    helpers.until(lambda: helpers.Process(run.pid).name == "pintle", what="it was executed")
    assert run.stop()[0] == 143


@CONFIGURED
def test_no_process_left_while_running(start, app, pintle, cgroup, tmp_path, config):
    """The application has taken all; PID 1 needs none."""
    limited = cgroup("pids", max=6)
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    run = start("-c", limited.script(), "sh", pintle, *arguments, "--", app,
                *["child", "quit=15,0,0", "pause", "end"] * 4, "quit=15,4,0", "say=up", "pause",
                program="/bin/sh")
    run.wait_out("^up$")
    helpers.until(lambda: limited.get("current") == 6, what="the limit is reached")
    still_works(run, app)


def test_no_process_for_the_agent(start, app, pintle, cgroup, tmp_path):
    """The application runs all the same, and is announced when there is one."""
    limited = cgroup("pids", max=2)
    path = helpers.write_config(tmp_path, """
        [discovery]
        registry = file
        address = /run/services
        [service web]
        address = static:192.0.2.7
        port = 80
        """)
    run = start("-c", limited.script(), "sh", pintle, "-c", path, "--", app, "quit=15,4,0",
                "say=up", "pause", program="/bin/sh")
    run.wait_out("^up$")
    run.wait_err("agent: starting it")
    limited.set(max="max")
    entries = Path(f"/proc/{run.pid}/root/run/services")
    helpers.until(lambda: [e for e in entries.iterdir() if e.is_file()], 10, "its entry")
    still_works(run, app)


def test_thousand_leftovers(start, app):
    """They are looked for once for all that end together, not once for each."""
    run = start("--", app, "orphans=1000,600000", "exit=5", mounts=False, net="host",
                config="[app]\nleftover-timeout = 50s\n")
    assert run.end(30) == 5
    assert "KILL" not in run.err


# ---- descriptors ----

@PLACES
@pytest.mark.parametrize("number", [3, 4, 5])
def test_no_descriptors(start, app, pintle, tmp_path, number, second):
    """The leftovers are told all the same, by the one who may tell all."""
    os.symlink(pintle, tmp_path / "docker-init")
    run = start(f"--nofile={number}:{number}", tmp_path / "docker-init", "--", app, "child",
                "quit=15,0,100", "say=up", "pause", "end", "sleep=100", "exit=5",
                program="/usr/bin/prlimit", second=second)
    assert run.end(12) == 5
    if not second:
        assert "done\n" in run.out


@PLACES
def test_no_descriptors_for_a_configuration(start, app, pintle, tmp_path, second):
    """It runs, or says why not and leaves no application behind."""
    path = helpers.write_config(tmp_path, "[app]\n")
    for number in range(3, 12):
        run = start(f"--nofile={number}:{number}", pintle, "-c", path, "--", app,
                    "sleep=300", f"touch={tmp_path}/{number}", "exit=5",
                    program="/usr/bin/prlimit", second=second)
        status = run.end()
        if status != 5:
            assert status in (69, 78) and "pintle: error: " in run.err, number
            time.sleep(0.4)
        assert (tmp_path / str(number)).exists() == (status == 5), number
    assert status == 5


@pytest.fixture
def start_as_user(start, app, pintle):
    """pintle as a user, who may run /mnt/root: the application with root's rights, and not ours."""
    def start_one(*arguments, **options):
        script = f"""mount -t tmpfs none /mnt && cp {app} /mnt/root && chmod 4755 /mnt/root &&
                     exec setpriv --reuid 54321 --clear-groups "$@" """
        return start("-c", script, "sh", pintle, *arguments, program="/bin/sh", **options)
    return start_one


@PLACES
def test_leftovers_that_cannot_be_killed(start_as_user, second):
    """As PID 1 our end is theirs. Nobody waits for ever."""
    shell = "/mnt/root root say=there trap pause & sleep 0.2; exit 5"
    run = start_as_user("-o", "app.leftover-timeout=200ms", "--", "/bin/sh", "-c", shell,
                        second=second)
    run.wait_out("there")
    assert run.end() == 5
    assert "can't be killed" in run.err
    assert "signal" not in run.out


def test_jobs_have_their_time_where_leftovers_are_killed(start, app):
    """KILL for those, a second ago, is no end of a job's own time."""
    config = f"""
        [app]
        stop-timeout = 100ms
        leftover-timeout = 5s
        [job beside]
        when = alongside
        command = {app} quit=15,0,1600 say=beside pause
        """
    run = start("--", "/bin/sh", "-c", f"{app} trap say=up pause; true", config=config)
    run.wait_out("^up$")
    run.wait_out("^beside$")
    status, seconds = run.stop()
    assert status == 143 and run.out.endswith("done\n") and 1.5 < seconds < 4
    assert "can't be killed" not in run.err


def test_application_that_cannot_be_signalled(start_as_user):
    """That is said once."""
    run = start_as_user("--", "/mnt/root", "root", "trap", "say=up", "pause")
    run.wait_out("up")
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM):
        run.signal(number)
    run.wait_err("app: signal HUP: Operation not permitted")
    assert run.alive() and run.err.count("\n") == 1 and run.signals_seen() == []


@PLACES
def test_leftovers_that_cannot_be_seen(start, app, second):
    """No /proc."""
    run = start("--", app, "child", "trap", "say=up", "pause", "end", "sleep=100", "exit=5",
                config="[app]\nleftover-timeout = 200ms\n", no_proc=True, second=second)
    assert run.end() == 5


def test_leftover_whose_first_thread_has_ended(start, app):
    """It looks like a zombie, and is none."""
    run = start("--", app, "child", "headless", "quit=15,0,100", "say=up", "pause", "end",
                "sleep=100", "exit=5", config="[app]\nleftover-timeout = 20s\n")
    assert run.end() == 5
    assert "done\n" in run.out


def test_application_whose_first_thread_has_ended(start, app):
    run = steady(start, app, steps=["headless"])
    still_works(run, app)


# ---- files and pipes ----

@CONFIGURED
def test_full_disk(start, app, pintle, tmp_path, config):
    """stderr is a file on a full disk, and the control socket has no room either."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    fill = "mount -t tmpfs -o size=4k,nr_inodes=3 none /run && " \
           "head -c 4096 /dev/zero >/run/log; touch /run/last; "
    run = start("-c", fill + 'exec "$@" 2>>/run/log', "sh", pintle, "-w", *arguments, "--", app,
                "orphans=3,0", "quit=15,4,0", "say=up", "pause", program="/bin/sh")
    run.wait_out("^up$")
    still_works(run, app)


@pytest.mark.parametrize("refused", ["EAGAIN", "EOPNOTSUPP"])
def test_file_that_is_not_written_without_waiting(start, pintle, tmp_path, refused):
    """As on XFS, where a file grows: the line is not lost."""
    run = start("-f", "-o", tmp_path / "trace", "-e", "trace=pwritev2", "-e",
                f"inject=pwritev2:error={refused}", pintle, "--", "/nowhere",
                program="/usr/bin/strace")
    assert run.end() == 127
    assert run.err == "pintle: error: app: /nowhere: No such file or directory\n"


@CONFIGURED
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "full"])
def test_log_reader(start, app, pintle, tmp_path, config, gone):
    """Rules 40 and 41: neither SIGPIPE nor a wait, and the application does not notice."""
    arguments = [] if config is None else ["-c", helpers.write_config(tmp_path, config)]
    left, right = os.pipe()
    run = start("-c", f"exec {pintle} -w {' '.join(map(str, arguments))} -- {app} quit=15,4,0 "
                      f"say=up pause 2>&{right}", program="/bin/bash", pass_fds=[right])
    run.wait_out("^up$")
    if gone:
        os.close(left)
    else:
        os.set_blocking(right, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(right, b"x" * 4096)
        os.set_blocking(right, True)
    assert run.inside(app, "orphans=20,0").returncode == 0
    still_works(run, app)
    assert 13 not in run.signals_seen()
    os.close(right)
    if not gone:
        os.close(left)


# ---- others who meddle ----

@PLACES
@CONFIGURED
def test_stopped_and_continued(start, app, config, second):
    """SIGSTOP from outside its namespace: what comes meanwhile is done afterwards."""
    run = steady(start, app, config=config, second=second)
    os.kill(run.pid, signal.SIGSTOP)
    helpers.until(lambda: helpers.Process(run.pid).state == "T", what="its stop")
    run.signal(signal.SIGUSR2)
    assert run.inside(app, "orphans=3,0").returncode == 0
    os.kill(run.pid, signal.SIGCONT)
    run.wait_out("^signal 12$")
    still_works(run, app)


@CONFIGURED
def test_debugger(start, app, meddle, config):
    """Attached, stopped, detached, and killed while it is attached."""
    run = steady(start, app, config=config)
    for _ in range(5):
        subprocess.run([meddle, "stop", str(run.pid)], check=True, timeout=10)
    with subprocess.Popen([meddle, "hold", str(run.pid)], stdout=subprocess.PIPE) as debugger:
        assert debugger.stdout.readline() == b"held\n"
        run.signal(signal.SIGUSR2)
        debugger.kill()
    run.wait_out("^signal 12$")
    still_works(run, app)


@CONFIGURED
def test_fault_of_its_own_kills_it(start, app, meddle, config):
    """Rule 31: to hold signals back is not to survive a real fault."""
    run = steady(start, app, config=config)
    subprocess.run([meddle, "fault", str(run.pid)], check=True, timeout=10)
    assert run.end() == -signal.SIGSEGV


@CONFIGURED
def test_storm_of_signals(start, meddle, config):
    """What never stops coming keeps it neither from reaping nor from its deadlines."""
    run = start("--", meddle, "storm", "5", config=config)
    run.wait_out("^over$", 20)
    assert run.end(20) == 5
