# SPDX-License-Identifier: Apache-2.0
"""A plain init, no configuration: signals, exit statuses, zombies, what the application inherits.

The numbers of rules are those of a correct PID 1 in the design's list.
"""
import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

import helpers

SIGNALS = [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]
HARMLESS = (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP,
            signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
DEADLY = [n for n in range(1, 65) if n not in HARMLESS]
PLACES = pytest.mark.parametrize("second", [False, True], ids=["pid1", "not-pid1"])


@pytest.fixture(scope="session")
def quick(programs):
    return helpers.compile_c(Path(__file__).parent / "quick.c", programs / "quick",
                             "-nostdlib", "-static")


def loop(commands):
    """A shell script that runs each and prints its exit status."""
    return "\n".join(f"{command}; echo $?" for command in commands)


# ---- exit statuses ----

def test_every_exit_status_as_pid_1(start, app):
    """Rule 52."""
    for begin in range(0, 256, 8):
        runs = {code: start("--", app, f"exit={code}", net="host", mounts=False)
                for code in range(begin, begin + 8)}
        assert {code: one.end() for code, one in runs.items()} == {code: code for code in runs}


def test_every_exit_status_below_another_process(start, pintle, app):
    script = loop(f"{pintle} -- {app} exit={code}" for code in range(256))
    run = start("-c", script, program="/bin/sh", net="host")
    assert run.end(30) == 0
    assert run.out.split() == [str(code) for code in range(256)]


def test_every_deadly_signal_is_128_and_its_number_as_pid_1(start, app):
    """Rule 52."""
    for at in range(0, len(DEADLY), 8):
        runs = {n: start("--", app, f"die={n}", net="host", mounts=False)
                for n in DEADLY[at:at + 8]}
        assert {n: one.end() for n, one in runs.items()} == {n: 128 + n for n in runs}


def test_every_deadly_signal_below_another_process(start, pintle, app):
    script = loop(f"{pintle} -- {app} die={n}" for n in DEADLY)
    run = start("-c", script, program="/bin/sh", net="host")
    assert run.end(30) == 0
    assert run.out.split() == [str(128 + n) for n in DEADLY]


def test_application_that_ends_in_its_first_microsecond(start, pintle, quick):
    script = loop([f"{pintle} -- {quick}"] * 300)
    run = start("-c", script, program="/bin/sh", net="host")
    assert run.end(30) == 0
    assert run.out.split() == ["7"] * 300


def test_application_that_ends_in_its_first_microsecond_as_pid_1(start, quick):
    for _ in range(5):
        runs = [start("--", quick, net="host", mounts=False) for _ in range(8)]
        assert [one.end() for one in runs] == [7] * 8


def test_exit_among_a_crowd_of_orphans(start, app):
    """Rule 33: the status is not lost when many children end at the same time."""
    for _ in range(10):
        runs = [start("--", app, "zombies=50", "orphans=20,0", "exit=9", net="host", mounts=False)
                for _ in range(4)]
        assert [one.end() for one in runs] == [9] * 4


@PLACES
def test_sigchld_ignored_at_start(run, app, second):
    """Rules 6 and 11: children would vanish without a status. Blocked it is no harm either."""
    assert run("--", app, "exit=3", ignore=[signal.SIGCHLD], second=second).status == 3
    assert run("--", app, "exit=3", block=[signal.SIGCHLD], second=second).status == 3


@PLACES
def test_every_signal_blocked_and_ignored_at_start(start, app, second):
    """Rules 12 and 18: the application has it so, and unblocks what it wants; we work."""
    every = [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP)]
    run = start("--", app, "report", "trap", "say=up", "pause", block=every,
                ignore=[signal.SIGINT, signal.SIGCHLD], second=second)
    report = run.report_of_app()
    assert report["blocked"] == every
    assert report["ignored"] == [signal.SIGINT, signal.SIGCHLD]
    run.wait_out("^up$")
    run.signal(signal.SIGUSR1)
    run.wait_out("^signal 10$")
    os.kill(run.application().pid, signal.SIGKILL)
    assert run.end() == 137


# ---- what can't be executed ----

def script_file(folder, text, mode=0o755):
    path = folder / "script"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("command, status", [
    ("/nowhere/at/all", 127),
    ("not-to-be-found-in-path", 127),
    ("/etc", 126),
    ("/etc/passwd", 126),
    ("/etc/passwd/x", 126),
    ("", 127),
])
def test_command_that_cannot_run(run, command, status):
    """Rules 21 and 22."""
    one = run("--", command)
    assert one.status == status
    assert command in one.err and one.err.startswith("pintle: ")
    assert one.err.count("\n") == 1


def test_script_without_interpreter_line(run, tmp_path):
    """Rule 23: no shell is tried, as the kernel has it. The manual says so."""
    one = run("--", script_file(tmp_path, "exit 4\n"))
    assert one.status == 126 and "script" in one.err


@pytest.mark.parametrize("line", ["#!/bin/no-such-shell", "#!/bin/sh\r"], ids=["none", "crlf"])
def test_script_whose_interpreter_is_missing(run, tmp_path, line):
    """Rule 22: it is the interpreter that is not found, and not the script. A line written on
    Windows ends in a character that nobody sees."""
    one = run("--", script_file(tmp_path, f"{line}\nexit 0\n"))
    assert one.status == 127 and "script" in one.err and "interpreter" in one.err


def test_script_with_interpreter(run, tmp_path):
    assert run("--", script_file(tmp_path, "#!/bin/sh\nexit 4\n")).status == 4


def test_command_is_looked_up_in_path(run, app, tmp_path):
    os.symlink(app, tmp_path / "mine")
    assert run("--", "mine", "exit=6", env={"PATH": f"/nowhere:{tmp_path}"}).status == 6
    assert run("--", "mine", "exit=6", env={"PATH": "/nowhere"}).status == 127


def test_path_goes_on_after_a_file_that_may_not_be_executed(run, app, tmp_path):
    first = tmp_path / "first"
    first.mkdir()
    (first / "mine").write_text("no")
    os.symlink(app, tmp_path / "mine")
    assert run("--", "mine", "exit=6", env={"PATH": f"{first}:{tmp_path}"}).status == 6
    assert run("--", "mine", "exit=6", env={"PATH": f"{first}:/nowhere"}).status == 126


def test_operands_end_the_options(run, app):
    assert run(app, "exit=8").status == 8
    assert run("--", app, "say=-g", "exit=8").out == "-g\n"


# ---- signals ----

@PLACES
def test_every_signal_is_forwarded(start, app, second):
    """Rules 1 and 30: fault signals, terminal stops and real-time ones too, and none of them harms
    us, whatever the kernel would do by default."""
    run = start("--", app, "trap", "say=up", "pause", second=second)
    run.wait_out("up")
    for count, number in enumerate(SIGNALS):
        run.signal(number)
        run.wait_out(rf"^signal {number}$")
        assert len([n for n in run.signals_seen() if n != signal.SIGCONT]) in (count, count + 1)
    # continuing after a stop signal is allowed to add CONTs
    assert [n for n in run.signals_seen() if n != signal.SIGCONT] == \
           [n for n in SIGNALS if n != signal.SIGCONT]
    assert run.alive()


def test_sigchld_is_not_forwarded(start, app):
    run = start("--", app, "trap", "say=up", "pause")
    run.wait_out("up")
    run.signal(signal.SIGCHLD)
    run.signal(signal.SIGUSR1)
    run.wait_out("signal 10")
    assert run.signals_seen() == [signal.SIGUSR1]


def test_real_time_signals_are_not_merged(start, app):
    """Rule 4: each of them queues, while standard ones merge."""
    run = start("--", app, "trap", "say=up", "pause")
    run.wait_out("up")
    for _ in range(50):
        run.signal(40)
    run.wait_out("signal 40", count=50)
    time.sleep(0.02)
    assert run.signals_seen() == [40] * 50


def test_signal_to_a_shared_group_arrives_once(start, app):
    """Nothing is signalled but the application itself, unless -g is given."""
    run = start("--", app, "trap", "child", "say=up", "pause", "end", "pause")
    run.wait_out("up")
    run.signal(signal.SIGUSR1)
    run.wait_out("signal 10")
    time.sleep(0.05)
    assert run.signals_seen() == [10]


def test_g_signals_the_whole_group(start, app):
    run = start("-g", "--", app, "trap", "child", "say=up", "pause", "end", "pause")
    run.wait_out("up")
    run.signal(signal.SIGUSR1)
    run.wait_out("signal 10", count=2)


def test_signals_from_inside_cannot_harm(start, app):
    """Rule 2, and fault signals sent to PID 1 by hand."""
    run = start("--", app, "trap", "say=up", "pause")
    run.wait_out("up")
    for name in ("KILL", "STOP", "SEGV", "BUS", "ABRT"):
        run.inside("sh", "-c", f"kill -{name} 1")
    run.wait_out("signal 11")
    assert run.alive() and helpers.Process(run.pid).state in "SR"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_signal_blocked_or_ignored_at_start(start, app, number):
    """Rule 12."""
    for how in ({"ignore": [number]}, {"block": [number]}):
        run = start("--", app, f"quit={number},5,0", "say=up", "pause", **how)
        run.wait_out("up")
        assert run.stop(number)[0] == 5


@pytest.mark.parametrize("ms", [1, 2, 5, 10, 20, 50])
def test_term_soon_after_exec_always_stops(start, app, ms):
    """Rules 8 and 17: before, between and after fork and exec of the application."""
    for _ in range(20):
        run = start("--", app, "pause", net="host", mounts=False,
                    signal_after=(signal.SIGTERM, ms / 1000))
        assert run.end(3) == 143


def test_first_system_call_holds_signals_back(start, pintle, app, until, tmp_path):
    """Rules 3 and 8: all 64, also those that a libc keeps for itself. Before it is only the libc's
    own start, which no signal of a container's life precedes."""
    path = tmp_path / "trace"
    run = start("-o", path, "-e", "raw=rt_sigprocmask", pintle, "--", app, "exit=3",
                program="/usr/bin/strace")
    assert run.end() == 3
    calls = [line.split("(")[0] for line in path.read_text().splitlines()]
    first = next(i for i, call in enumerate(calls) if call == "rt_sigprocmask")
    assert set(calls[1:first]) <= {"arch_prctl", "set_tid_address"}, calls[:first]
    run = start("--", app, "say=up", "pause", config="[app]\n")
    run.wait_out("up")
    # While it sleeps in sigtimedwait, just after the start, the kernel shows none.
    until(lambda: helpers.Process(run.pid).signals("SigBlk") ==
          [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP)])


@PLACES
def test_none_of_150_is_lost(start, app, second):
    """Rule 8: TERM at 0 to 3 ms after exec. Where we are PID 1 the kernel drops what comes before the
    first system call: of all others none is lost."""
    lost = 0
    for begin in range(0, 150, 6):
        runs = [start("--", app, "pause", net="host", mounts=False, second=second,
                      signal_after=(signal.SIGTERM, (begin + i) * 20e-6)) for i in range(6)]
        for one in runs:
            try:
                assert one.end(1) in (143, -15)
            except helpers.Late:
                lost += 1
                one.close()
    assert lost <= (0 if second else 5)


def test_term_while_the_program_is_looked_for(start, pintle, app, tmp_path):
    """Rule 17: the exec takes long, as from a slow disk."""
    run = start("-f", "-o", "/dev/null", "-e", "trace=execve", "-e",
                "inject=execve:delay_enter=400000:when=1", pintle, "--", app, "say=up", "pause",
                program="/usr/bin/strace", second=True)
    helpers.until(lambda: len(run.processes()) == 4, what="the child is there")
    begin = time.monotonic()
    ours = next(p for p in run.processes() if p.parent == run.pid)
    os.kill(ours.pid, signal.SIGTERM)
    assert run.end() == 143 and time.monotonic() - begin < 2


# ---- zombies and orphans ----

def test_child_that_ended_before_we_began(start, pintle, app):
    """Rule 33: of a shell that executes us, say. Its SIGCHLD came before we listened."""
    run = start("-c", f"{app} exit=0 & sleep 0.2; exec {pintle} -- {app} say=up pause",
                program="/bin/bash")
    run.wait_out("up")
    helpers.until(lambda: len(run.processes()) == 2, 3, "it was reaped")


def test_zombies_of_a_parent_that_lives_are_its_own(start, app):
    """Rule 43: nobody else can reap them. With their parent they go."""
    run = start("--", app, "child", "zombies=5", "say=up", "sleep=300", "end", "pause")
    run.wait_out("up")
    run.inside(app, "orphans=5,0")
    helpers.until(lambda: [p.state for p in run.processes()].count("Z") == 5, what="just these")
    helpers.until(lambda: len(run.processes()) == 3, what="application and its zombie child")
    assert run.alive()


@PLACES
def test_application_that_becomes_a_daemon(start, app, second):
    """Rule 56: its first process has ended, and so does the container, when what it left was told."""
    run = start("--", app, "child", "setsid", "child", "quit=15,7,100", "say=up", "pause", "end",
                "end", "sleep=50", "exit=0", second=second)
    run.wait_out("up")
    assert run.end() == 0
    assert run.out.endswith("done\n")


def test_500_orphans_are_reaped(start, app):
    """Rule 34."""
    run = start("--", app, "orphans=500,50", "say=up", "pause")
    run.wait_out("up", 10)
    helpers.until(lambda: len(run.processes()) == 2, 5, "all orphans are gone")


def test_orphans_come_to_us_when_not_pid_1(start, app):
    """Rule 15: a subreaper, always."""
    run = start("--", app, "daemon", "sleep=300", "end", "say=up", "pause", second=True)
    run.wait_out("up")
    helpers.until(lambda: len(run.children()) == 2, 3, "the orphan is ours")
    helpers.until(lambda: len(run.children()) == 1, 3, "the orphan was reaped")
    assert run.err == ""


def test_orphan_session_is_reaped_and_not_taken_for_the_application(start, app):
    """Rule 42: what docker exec started and left."""
    run = start("--", app, "pause")
    run.application()
    assert run.inside(app, "daemon", "sleep=50", "exit=1", "end", "exit=0").returncode == 0
    helpers.until(lambda: len(run.processes()) == 2, 3, "it was reaped")
    assert run.alive()


# ---- what the application inherits ----

@PLACES
def test_nothing_is_changed(start, app, tmp_path, second):
    """Rules 18 and 29: mask, ignores, environment, directory, umask, limits."""
    env = {"EMPTY": "", "QUOTED": 'a "b" \\ c', "PATH": helpers.PATH, "PORT_X": "no",
           "TWO LINES": "a\nb", "NOT_OURS": "PINTLE_APP_USER=x"}
    report = start("--", app, "report", env=env, cwd=tmp_path, second=second).report_of_app()
    assert report["env"] == [f"{name}={value}" for name, value in
                             {"PATH": helpers.PATH, **env}.items()]
    assert (report["blocked"], report["ignored"], report["caught"]) == ([], [], [])
    assert report["cwd"] == str(tmp_path)
    assert report["limits"][resource.RLIMIT_NOFILE] == \
           list(resource.getrlimit(resource.RLIMIT_NOFILE))
    mask = os.umask(0)
    os.umask(mask)
    assert report["umask"] == mask
    assert report["argv"] == [app, "report"]


@PLACES
def test_inherited_mask_and_ignores_are_passed_on(start, app, second):
    block = [signal.SIGUSR2, signal.SIGTERM, 32, 34, 64]
    report = start("--", app, "report", ignore=[signal.SIGINT, signal.SIGPIPE], block=block,
                   second=second).report_of_app()
    assert report["ignored"] == [signal.SIGINT, signal.SIGPIPE]
    assert report["blocked"] == sorted(block)
    assert report["caught"] == []


def test_limits_are_passed_on(start, app, pintle):
    run = start("--nofile=77:99", "--core=0", pintle, "--", app, "report",
                program="/usr/bin/prlimit")
    limits = run.report_of_app()["limits"]
    assert limits[resource.RLIMIT_NOFILE] == [77, 99] and limits[resource.RLIMIT_CORE] == [0, 0]


def test_priorities_are_passed_on(start, app, pintle):
    """Rule 29."""
    script = f'echo 123 >/proc/self/oom_score_adj; exec nice -n 7 {pintle} -- "$@"'
    run = start("-c", script, "sh", "/bin/sh", "-c", "cat /proc/self/oom_score_adj; nice",
                program="/bin/sh")
    assert run.end() == 0 and run.out == f"123\n{os.nice(0) + 7}\n"


def test_application_has_its_own_session_without_a_terminal(start, app):
    """Rule 19."""
    report = start("--", app, "report").report_of_app()
    assert report["pid"] == report["pgid"] == report["sid"]


def test_descriptors_are_0_to_2(start, app):
    """Rules 26 and 27: neither ours nor those that we inherited."""
    ends = os.pipe()
    try:
        run = start("--", app, "report", "pause", pass_fds=ends)
        assert run.report_of_app()["fds"] == [0, 1, 2]
        ours = helpers.Process(run.pid).descriptors()
        assert os.readlink(f"/proc/self/fd/{ends[0]}") not in ours.values()
    finally:
        for end in ends:
            os.close(end)


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_closed_descriptors(run, app, tmp_path, closed):
    """Rule 13."""
    mark = tmp_path / "ran"
    assert run("--", app, f"touch={mark}", "exit=3", close=closed).status == 3
    assert mark.exists()


def test_directory_is_not_pinned(start, app, tmp_path):
    """Rule 27: we sit in / ourselves."""
    run = start("--", app, "pause", cwd=tmp_path)
    child = run.application()
    assert os.readlink(f"/proc/{run.pid}/cwd") == "/"
    assert os.readlink(f"/proc/{child.pid}/cwd") == str(tmp_path)


def test_p_sets_the_parent_death_signal(start, pintle, app):
    """Below a shell that is killed: pintle gets the signal, and so does the application."""
    inner = f"{pintle} -p SIGTERM -- {app} trap say=up pause & wait"
    run = start("-c", f"sh -c '{inner}'; sleep 100", program="/bin/sh")
    run.wait_out("up")
    os.kill(run.children()[0].pid, signal.SIGKILL)
    run.wait_out("signal 15")


# ---- a plain init is nothing more ----

def test_it_is_one_static_thread(start, app, pintle):
    """Rule 60."""
    headers = subprocess.run(["readelf", "--program-headers", "--dynamic", "--wide", pintle],
                             capture_output=True, text=True, check=True).stdout
    assert "INTERP" not in headers and "NEEDED" not in headers
    run = start("--", app, "say=up", "pause")
    run.wait_out("up")
    assert helpers.Process(run.pid).fields["Threads"] == "1"


def test_nothing_is_printed_and_nothing_runs_beside(start, app):
    run = start("--", app, "say=up", "pause")
    run.wait_out("up")
    ours = helpers.Process(run.pid)
    assert not [to for to in ours.descriptors().values() if to.startswith("socket:")]
    assert len(run.processes()) == 2
    assert run.stop()[0] == 143
    assert (run.out, run.err) == ("up\n", "")


def test_idle_it_does_not_wake_up(start, app):
    """Rule 34."""
    run = start("--", app, "say=up", "pause")
    run.wait_out("up")
    time.sleep(0.2)
    ours = helpers.Process(run.pid)
    before = ours.wakeups()
    time.sleep(1.5)
    assert ours.wakeups() == before


@pytest.mark.parametrize("how", [
    {"read_only": True}, {"no_proc": True}, {"no_new_privs": True}, {"drop": "all"},
    {"user": 54321}, {"user_namespace": True},
    {"user": 54321, "read_only": True, "no_new_privs": True, "drop": "all", "no_proc": True},
], ids=lambda how: "+".join(how))
@PLACES
def test_it_needs_nothing(start, app, how, second):
    """Rule 14."""
    run = start("--", app, "quit=15,4,0", "say=up", "pause", second=second, **how)
    run.wait_out("up")
    assert run.stop()[0] == 4
    assert run.err == ""


def test_init_below_init(start, pintle, app):
    """Rule 16: docker --init, and we are its entrypoint."""
    run = start("--", pintle, "--", pintle, "--", app, "quit=15,4,0", "say=up", "pause")
    run.wait_out("up")
    assert run.stop()[0] == 4
    assert run.err == ""


@PLACES
def test_bystanders_are_left_alone(start, app, second):
    """Rules 5 and 42: those who came in by docker exec get no signal of ours."""
    run = start("--", app, "quit=15,0,200", "say=up", "pause", second=second)
    run.wait_out("up")
    enter = ["nsenter", "-t", str(run.pid), "-p", "--", app, "trap", "say=in", "pause"]
    with subprocess.Popen(enter, stdout=subprocess.PIPE, text=True) as bystander:
        assert bystander.stdout.readline() == "in\n"
        assert run.stop()[0] == 0
        run.close()
        assert bystander.stdout.read() == ""


def test_name_of_another_init_reads_no_settings(start, pintle, app, tmp_path):
    """As docker-init or tini nothing is read; variables of ours are passed on."""
    os.symlink(pintle, tmp_path / "docker-init")
    run = start("--", app, "report", program=tmp_path / "docker-init",
                env={"PINTLE_APP_USER": "nobody", "PINTLE_NONSENSE": "1"})
    report = run.report_of_app()
    assert run.end() == 0
    assert report["uid"] == 0 and "PINTLE_NONSENSE=1" in report["env"]


def test_variables_of_tini(start, pintle, app, tmp_path):
    os.symlink(pintle, tmp_path / "tini")
    run = start("--", app, "trap", "child", "say=up", "pause", "end", "pause",
                program=tmp_path / "tini", env={"TINI_KILL_PROCESS_GROUP": "1"})
    run.wait_out("up")
    run.signal(signal.SIGUSR1)
    run.wait_out("signal 10", count=2)


@pytest.mark.parametrize("options, code, status", [
    (["-e", "143"], 143, 0), (["-e", "143", "-e", "3"], 3, 0), (["-e", "143"], 4, 4),
])
def test_e_maps_an_exit_status_to_0(run, app, options, code, status):
    assert run(*options, "--", app, f"exit={code}").status == status


def test_fork_refused(start, app, pintle):
    """Rule 57: a message and 69, not a hang."""
    run = start("--nproc=1:1", pintle, "--", app, "exit=0", program="/usr/bin/prlimit",
                user=54322, net="host")
    assert run.end(5) == 69
    assert run.err.startswith("pintle: ")


@PLACES
def test_log_reader_that_goes_away(run, pintle, second):
    """Rule 40: an error that nobody can read is no reason to die of SIGPIPE."""
    left, right = os.pipe()
    os.close(left)
    one = run("-c", f"exec {pintle} -- /nowhere/at/all 2>&{right}", program="/bin/bash",
              pass_fds=[right], second=second)
    os.close(right)
    assert one.status == 127


def test_log_reader_that_does_not_read(run, pintle):
    """Rule 41: writing never blocks."""
    left, right = os.pipe()
    os.set_blocking(right, False)
    try:
        while True:
            os.write(right, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(right, True)
    one = run("-c", f"exec {pintle} -- /nowhere/at/all 2>&{right}", program="/bin/bash",
              pass_fds=[right], timeout=3)
    os.close(left)
    os.close(right)
    assert one.status == 127
