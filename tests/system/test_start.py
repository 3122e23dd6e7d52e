# SPDX-License-Identifier: Apache-2.0
"""How the application is started: [app], [env], -o and PINTLE_* variables; a stop before it is."""
import os
import signal
import time

import pytest

import helpers


def report(start, app, *options, config="[app]\n", **more):
    return start(*options, "--", app, "report", config=config, **more).report_of_app()


# ---- where the command comes from ----

def test_command_from_the_file(run, app):
    one = run(config=f"""
        [app]
        command = {app} 'say=two words' "say=it's" say=back\\\\slash exit=5
        """)
    assert one.status == 5
    assert one.out == "two words\nit's\nback\\slash\n"


def test_command_line_replaces_the_command(run, app):
    assert run("--", app, "exit=6", config=f"[app]\ncommand = {app} exit=5\n").status == 6


def test_no_shell_is_involved(run, app):
    assert run(config=f"[app]\ncommand = {app} 'say=$HOME *;' exit=0\n".replace("$", "$$")).out == \
           "$HOME *;\n"


def test_no_command_at_all(run):
    one = run(config="[app]\n")
    assert one.status in (64, 78) and "command" in one.err


def test_file_named_by_variable_option_and_default(run, start, app, tmp_path):
    path = helpers.write_config(tmp_path, f"[app]\ncommand = {app} exit=5\n")
    assert run(env={"PINTLE_CONFIG": path}).status == 5
    assert run(f"--config={path}").status == 5
    script = f"cp {path} /etc/pintle.ini; exec $0"
    assert run("-c", script, start("--version").command[0], program="/bin/sh").status == 5


def test_file_that_is_named_must_exist(run, app):
    one = run("-c", "/nowhere.ini", "--", app, "exit=0")
    assert one.status == 78 and "/nowhere.ini" in one.err


def test_precedence_is_option_environment_file(run, app):
    config = f"[app]\ncommand = {app} exit=1\n"
    env = {"PINTLE_APP_COMMAND": f"{app} exit=2"}
    assert run(config=config).status == 1
    assert run(config=config, env=env).status == 2
    assert run("-o", f"app.command={app} exit=3", config=config, env=env).status == 3
    assert run("-o", f"app.command={app} exit=3", env=env).status == 3


def test_our_variables_are_not_passed_on(start, app):
    env = {"PINTLE_APP_UMASK": "027", "PORT_PINTLE": "kept", "MY_PINTLE_APP": "kept"}
    got = report(start, app, env=env)
    assert got["umask"] == 0o27
    assert not [v for v in got["env"] if v.startswith("PINTLE_")]
    assert {"PORT_PINTLE=kept", "MY_PINTLE_APP=kept"} <= set(got["env"])


# ---- what it is given ----

def test_environment(start, app):
    config = """
        [app]
        [env]
        NEW = with ${BASE}, ${NONE:-default} and $$
        BASE =
        Case = kept
        """
    got = report(start, app, config=config, env={"BASE": "x", "OTHER": "y"})["env"]
    assert {"NEW=with x, default and $", "Case=kept", "OTHER=y"} <= set(got)
    assert not [v for v in got if v.startswith("BASE=")]


def test_path_of_the_application_finds_it(run, app, tmp_path):
    """Rule 24."""
    os.symlink(app, tmp_path / "mine")
    one = run("--", "mine", "exit=6", config=f"[env]\nPATH = {tmp_path}\n", env={"PATH": "/no"})
    assert one.status == 6


def test_directory_and_umask(start, app, tmp_path):
    got = report(start, app, config=f"[app]\ndirectory = {tmp_path}\numask = 077\n")
    assert (got["cwd"], got["umask"]) == (str(tmp_path), 0o77)


def test_directory_that_is_not_there(run, app):
    """Rule 21."""
    one = run("--", app, "exit=0", config="[app]\ndirectory = /nowhere\n")
    assert one.status == 126 and "/nowhere" in one.err


@pytest.mark.parametrize("user, uid, gid", [
    ("1234:2345", 1234, 2345), ("1234", 1234, 0), ("nobody", 65534, 65534),
    ("65534", 65534, 65534), ("nobody:games", 65534, 60),
])
def test_user(start, app, user, uid, gid):
    """Rule 25: mask and ignores last, directory before and after."""
    got = report(start, app, config=f"[app]\nuser = {user}\n")
    assert (got["uid"], got["gid"]) == (uid, gid)
    assert (got["effective"], got["permitted"]) == (0, 0)
    assert (got["fds"], got["blocked"], got["ignored"]) == ([0, 1, 2], [], [])


def test_user_gets_home_and_groups(start, app):
    script = """
        echo 'someone:x:1234:1235::/home/someone:/bin/sh' >>/etc/passwd
        echo 'more:x:4321:other,someone' >>/etc/group
        exec "$@"
        """
    pintle = start("--version").command[0]
    got = start("-c", script, "sh", pintle, "-o", "app.user=someone", "--", app, "report",
                program="/bin/sh").report_of_app()
    assert (got["uid"], got["gid"]) == (1234, 1235)
    assert 4321 in got["groups"]
    assert "HOME=/home/someone" in got["env"]


def test_user_that_is_not_known(run, app):
    one = run("--", app, "exit=0", config="[app]\nuser = no-such-user\n")
    assert one.status in (78, 126) and "no-such-user" in one.err


def test_user_without_the_privilege(run, app):
    one = run("-o", "app.user=1234", "--", app, "exit=0", user=4321)
    assert one.status == 126
    assert "user: Operation not permitted" in one.err or "group" in one.err


def test_user_can_write_to_its_terminal_streams(run, app):
    """The runtime's pipes belong to root: opening /dev/stdout again works all the same."""
    one = run("--", "/bin/sh", "-c", "echo again >/proc/self/fd/1",
              config="[app]\nuser = 1234\n")
    assert (one.status, one.out) == (0, "again\n")


# ---- the lines of a normal run ----

def test_one_line_at_start_and_one_at_stop(run, start, app):
    """Rule 58."""
    one = run("--", app, "say=hello", "exit=3", config="[app]\n")
    lines = one.err.splitlines()
    assert one.out == "hello\n"
    assert len(lines) == 2 and all(line.startswith("pintle: ") for line in lines)
    assert "3" in lines[1]


def test_output_is_not_touched(run, app):
    """Neither buffered nor copied: the application has the descriptors themselves."""
    one = run("--", "/bin/sh", "-c", "printf no-newline; readlink /proc/self/fd/1 >&2",
              config="[app]\n")
    assert one.out == "no-newline" and "pipe:" in one.err


def test_status_and_health_answer(start, app):
    run = start("--", app, "say=up", "pause", config="[app]\n")
    run.wait_out("up")
    helpers.until(lambda: run.pintle("--ready").returncode == 0, 3, "ready")
    assert run.pintle("--health").returncode == 0
    status = run.pintle("--status")
    assert status.returncode == 0
    assert str(run.application().inside) in status.stdout


def test_without_a_running_one_there_is_no_answer(run):
    one = run("--health")
    assert one.status == 1 and one.err.count("\n") == 1


# ---- a stop before it runs ----

WAITING = "[net]\nwait = 30s\nmode = verify\n[interface eth7]\naddress = 10.1.1.1/24\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_while_waiting_for_an_interface(start, app, tmp_path, number):
    """Rule 9."""
    mark = tmp_path / "ran"
    run = start("--", app, f"touch={mark}", config=WAITING)
    time.sleep(0.15)
    assert run.alive()
    status, seconds = run.stop(number)
    assert (status, seconds < 0.5) == (128 + number if number != signal.SIGTERM else 143, True)
    assert not mark.exists()


def test_other_signals_while_waiting_are_not_fatal(start, app):
    """Rule 10."""
    run = start("--", app, "exit=0", config=WAITING)
    time.sleep(0.1)
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, 40):
        run.signal(number)
    time.sleep(0.1)
    assert run.alive()
    assert run.stop()[0] == 143


@pytest.mark.parametrize("ms", [1, 2, 5, 10, 20, 50])
def test_term_soon_after_exec_with_settings(start, app, ms):
    for _ in range(10):
        run = start("--", app, "pause", config="[port web]\ndefault = auto\n[app]\ndrain = 0\n",
                    signal_after=(signal.SIGTERM, ms / 1000))
        assert run.end(3) == 143
