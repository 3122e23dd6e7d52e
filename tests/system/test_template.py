# SPDX-License-Identifier: Apache-2.0
"""[template NAME]: files made from what is known here, before the application starts."""
import os
import signal
import stat
import time

import pytest

from helpers import until
from test_watch import LIVE, FileRegistry, folder, registry, settings  # noqa: F401

EVIL = 'a"b\'c<d>&e$f\\g'


class Place:
    """A folder with a template and what is made of it."""

    def __init__(self, folder):
        folder.chmod(0o755)
        self.folder = folder
        self.source = folder / "app.mustache"
        self.path = folder / "app.conf"
        self.source.write_text("port {{PORT_WEB}}\n")

    def config(self, *keys, more=""):
        lines = "".join(f"{key}\n" for key in keys)
        return f"[port web]\ndefault = 18080\n[template app]\npath = {self.path}\n" \
               f"source = {self.source}\n{lines}{more}"

    def left(self):
        """What is in the folder, but for what belongs there."""
        return {entry.name for entry in self.folder.iterdir()} - {
            "app.mustache", "app.conf", "run0", "run1"}

    def mode(self):
        status = self.path.stat()
        return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def show(place):
    return "--", "cat", place.path


# ---- what is written ----

def test_it_is_there_before_the_application(run, place):
    place.source.write_text("# {{! no html }}{{EVIL}}\n{{#PORT_WEB}}\nport {{PORT_WEB}}\n"
                            "{{/PORT_WEB}}\n{{^NOTHING}}\n{{{FROM_ENV}}}\n{{/NOTHING}}\n")
    done = run(*show(place), config=place.config(more="[env]\nFROM_ENV = x ${PORT_WEB}\n"),
               env={"EVIL": EVIL, "PINTLE_LOG_LEVEL": "info"})
    assert done.status == 0
    assert done.out == f"# {EVIL}\nport 18080\nx 18080\n"
    assert place.mode() == (0o644, 0, 0)
    assert not place.left()
    assert f"pintle: template app: wrote {place.path}" in done.err


def test_the_name_is_the_path_if_it_is_one(run, place):
    config = f"[template {place.path}]\nsource = {place.source}\n"
    assert run(*show(place), config=config).out == "port \n"


def test_addresses_and_services_are_known(run, place, netns):
    net = netns()
    net.ip("link", "add", "eth9", "type", "veth", "peer", "name", "eth8")
    net.ip("address", "add", "192.0.2.7/24", "dev", "eth9")
    net.ip("link", "set", "eth9", "up")
    net.ip("link", "set", "eth8", "up")
    place.source.write_text("{{ADDRESS_ETH9}} {{SERVICE_WEB_ID}} {{SERVICE_WEB_ADDRESS}}\n")
    done = run(*show(place), config=place.config(more="[service web]\nid = me\n"), net=net)
    assert done.out == "192.0.2.7 me 192.0.2.7\n"


def test_pre_start_jobs_come_before(run, place, app):
    config = place.config(more=f"[job first]\ncommand = sh -c 'test ! -e {place.path}'\n")
    done = run(*show(place), config=config)
    assert done.status == 0 and done.out == "port 18080\n"


def test_several_are_all_there(run, place):
    more = "".join(f"[template {place.path}.{n}]\nsource = {place.source}\n" for n in range(20))
    done = run("--", "sh", "-c", f"cat {place.path}* | wc -l", config=place.config(more=more))
    assert done.status == 0 and done.out.strip() == "21"


def test_a_large_one_is_whole(run, place):
    place.source.write_text("{{PORT_WEB}}\n" * 80000)
    done = run("--", "sh", "-c", f"wc -l <{place.path}", config=place.config())
    assert done.status == 0 and done.out.strip() == "80000"
    assert place.path.read_text() == "18080\n" * 80000


# ---- owner and mode ----

def test_owner_and_mode(run, place):
    assert run(*show(place), config=place.config("mode = 640", "owner = 12:34")).status == 0
    assert place.mode() == (0o640, 12, 34)


def test_those_of_the_old_file_stay(run, place):
    place.path.write_text("old\n")
    os.chown(place.path, 12, 34)
    place.path.chmod(0o604)
    assert run(*show(place), config=place.config()).status == 0
    assert place.mode() == (0o604, 12, 34)
    assert place.path.read_text() == "port 18080\n"


def test_what_is_the_same_is_not_replaced(run, place):
    assert run(*show(place), config=place.config()).status == 0
    before = place.path.stat()
    done = run(*show(place), config=place.config(), env={"PINTLE_LOG_LEVEL": "info"})
    after = place.path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert "wrote" not in done.err


def test_without_root(run, place):
    place.folder.chmod(0o777)
    done = run(*show(place), config=place.config(), user=1000)
    assert done.status == 0 and done.out == "port 18080\n"
    assert place.mode()[1] == 1000


# ---- the check ----

def test_check_sees_the_new_file(run, place):
    place.path.write_text("old\n")
    check = f"check = sh -c 'cat {place.path} $0' {{}}"
    done = run(*show(place), config=place.config(check, "mode = 600"))
    assert done.status == 0
    assert done.out == "old\nport 18080\nport 18080\n"
    assert not place.left()


def test_check_runs_as_the_application(run, place):
    done = run("--", "true", config=place.config("check = sh -c 'id -u; cat'",
                                                 more="[app]\nuser = 1000\n"))
    assert done.status == 0 and done.out == "1000\n"


@pytest.mark.parametrize("check, says", [
    ("false", "ended with status 1"),
    ("/does/not/exist", "/does/not/exist: No such file or directory"),
    ("sh -c 'kill -9 $$$$'", "was killed by signal KILL"),
], ids=["status", "missing", "signal"])
def test_check_that_fails_leaves_the_old_file(run, place, check, says):
    place.path.write_text("old\n")
    done = run(*show(place), config=place.config(f"check = {check}"))
    assert done.status == 0 and done.out == "old\n"
    warnings = [line for line in done.err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith("pintle: warning: template app: check: ")
    assert says in warnings[0] and f"{place.path} stays as it is" in warnings[0]
    assert not place.left()


def test_check_has_five_seconds(run, place):
    place.path.write_text("old\n")
    done = run(*show(place), config=place.config("check = sh -c 'sleep 60'"), timeout=30)
    assert done.status == 0 and done.out == "old\n"
    assert "took longer than 5 s" in done.err
    assert not place.left()


def test_without_its_file_the_application_does_not_start(run, place):
    done = run(*show(place), config=place.config("check = false"))
    assert done.status == 69 and done.out == ""
    assert f"pintle: error: template app: there is no {place.path}" in done.err
    assert not place.left()


def test_folder_that_is_missing(run, place):
    place.path = place.folder / "missing" / "app.conf"
    done = run("--", "true", config=place.config())
    assert done.status == 69
    assert "missing/.app.conf.pintle: No such file or directory" in done.err


# ---- mount points and links ----

def mounted(place, command):
    """Runs it with a file mounted at the path, as docker mounts /etc/hosts."""
    (place.folder / "mounted").write_text("old and much longer\n")
    place.path.write_text("below\n")
    return ["sh", "-c", f"mount --bind {place.folder}/mounted {place.path} && exec \"$@\"", "sh",
            *command]


@pytest.mark.parametrize("check", [False, True], ids=["unchecked", "checked"])
def test_a_mount_point_is_written_in_place(run, place, pintle, check):
    keys = ["check = sh -c 'test -s {} && echo checked'"] if check else []
    config = place.folder / "pintle.ini"
    config.write_text(place.config(*keys))
    command = mounted(place, [pintle, "-c", config, *show(place)])
    done = run(*command[1:], program=command[0])
    assert done.status == 0
    assert done.out == ("checked\n" if check else "") + "port 18080\n"
    assert (place.folder / "mounted").read_text() == "port 18080\n"
    assert place.path.read_text() == "below\n"
    assert place.left() == {"mounted", "pintle.ini"}


def test_a_link_is_replaced(run, place):
    other = place.folder / "other"
    place.path.symlink_to(other)
    assert run(*show(place), config=place.config()).status == 0
    assert not place.path.is_symlink() and not other.exists()


# ---- mistakes ----

@pytest.mark.parametrize("text, says", [
    ("a\n{{#PORT_WEB}}\n", "line 2: a section is not closed: 'PORT_WEB'"),
    ("{{>other}}", "line 1: there are no partials"),
], ids=["section", "partial"])
def test_mistakes_are_found_before_anything_is_done(run, place, text, says):
    place.source.write_text(text)
    for arguments in (["--check"], ["--", "echo", "started"]):
        done = run(*arguments, config=place.config())
        assert done.status == 78 and done.out == ""
        assert f"pintle: error: template app: {place.source}: {says}" in done.err
    assert not place.path.exists()


def test_source_that_is_missing(run, place):
    place.source.unlink()
    done = run("--check", config=place.config())
    assert done.status == 78
    assert f"template app: {place.source}: No such file or directory" in done.err


# ---- the processes ----

def test_stop_while_a_check_runs(start, place):
    run = start(*show(place), config=place.config("check = sh -c 'echo begun; sleep 60' x"))
    run.wait_out("begun")
    run.signal(signal.SIGTERM)
    assert run.end() == 143
    assert run.out == "begun\n"
    assert not place.left()


def test_the_agent_that_is_killed_renders_again(start, place, app):
    run = start("--", app, "say=up", "pause", config=place.config())
    run.wait_out("up")
    place.path.unlink()
    os.kill(run.agent().pid, signal.SIGKILL)
    until(place.path.exists, what="the file is there again")
    until(lambda: place.path.read_text() == "port 18080\n")
    assert run.stop()[0] == 143


def test_the_agent_may_not_write_it(start, place, app):
    """What the agent may do by itself is nothing: it is nobody, and its file is sealed."""
    place.source.chmod(0o600)
    run = start("--", app, "say=up", "pause", config=place.config())
    run.wait_out("up")
    assert run.agent().uid == 65534
    assert place.mode() == (0o644, 0, 0)
    assert not [path for path in run.agent().descriptors().values() if "memfd" in path]
    assert run.stop()[0] == 143


def test_nothing_is_left_open(start, place, app):
    run = start("--", app, "say=up", "pause", config=place.config())
    run.wait_out("up")
    until(lambda: not [path for path in run.processes()[0].descriptors().values()
                       if "memfd" in path], what="the file is closed")
    assert run.stop()[0] == 143


# ---- what is watched ----

HAPROXY = """backend rng
{{#rng}}
    server {{id}} {{address}}:{{port}}{{#tags}} {{.}}{{/tags}} # {{meta.Zone}}{{^last}},{{/last}}
{{/rng}}
{{^rng}}
    # none
{{/rng}}
"""


def watching(registry, place, watch="", keys=()):
    place.source.write_text(HAPROXY)
    return settings(registry, watch) + place.config(*keys)


def backend(*servers):
    return "backend rng\n" + "".join(f"    server {one}\n" for one in servers)


def test_the_file_follows_a_service(start, registry, place):  # noqa: F811
    registry.add("b", "10.0.0.2", 8002, Tags=["x", "y"])
    registry.add("a", "10.0.0.1", 8001, Meta={"Zone": "z"})
    before = ["a 10.0.0.1:8001 # z,", "b 10.0.0.2:8002 x y # "]
    run = start("--", *LIVE, net="host",
                config=watching(registry, place, keys=["on-change = signal HUP"]))
    run.wait_out("up")
    assert place.path.read_text() == backend(*before)
    registry.add("c", "10.0.0.3", 8003)
    run.wait_out("hup")
    assert place.path.read_text() == backend(*before[:1], before[1] + ",", "c 10.0.0.3:8003 # ")
    registry.remove("c")
    run.wait_out("hup", count=2)
    assert place.path.read_text() == backend(*before)
    assert run.out.count("hup") == 2
    assert run.stop()[0] == 0


def test_no_instance_at_all(run, registry, place):  # noqa: F811
    done = run(*show(place), net="host", config=watching(registry, place, "wait = 0"))
    assert done.out == "backend rng\n    # none\n"


def test_check_that_fails_later_keeps_the_file_and_the_peace(start, registry,  # noqa: F811
                                                             place):
    registry.add("a", "10.0.0.1", 8001)
    keys = ["check = sh -c '! grep -q bad $0'", "on-change = signal HUP"]
    run = start("--", *LIVE, net="host", config=watching(registry, place, keys=keys))
    run.wait_out("up")
    registry.add("bad", "10.0.0.2", 8002)
    run.wait_err("template app: check: sh ended with|template app: check: ended with status 1")
    assert place.path.read_text() == backend("a 10.0.0.1:8001 # ")
    registry.remove("bad")
    registry.add("c", "10.0.0.3", 8003)
    run.wait_out("hup")
    assert "c 10.0.0.3:8003" in place.path.read_text()
    assert run.out.count("hup") == 1


def test_exec_and_restart_on_change(start, folder, place):  # noqa: F811
    folder.add("a", "10.0.0.1", 8001)
    place.source.write_text("{{#rng}}{{id}}{{/rng}}\n")
    other = place.folder / "other"
    more = f"[template {other}]\nsource = {place.source}\non-change = restart\n"
    keys = ["on-change = exec sh -c 'echo ran as $(id -u)'"]
    run = start("--", *LIVE, config=settings(folder) + place.config(*keys, more=more))
    run.wait_out("up")
    folder.add("b", "10.0.0.2", 8002)
    run.wait_out("ran as 0")
    run.wait_out("up", count=2)
    assert place.path.read_text() == other.read_text() == "ab\n"


def test_ten_thousand_instances(start, folder, place):  # noqa: F811
    """The agent's own part: what the registry has to read is not counted."""
    for number in range(10000):
        (folder.folder / f"rng@{number}.json").write_text(
            '{"id":"%d","name":"rng","address":"10.0.0.1","port":%d,"state":"passing",'
            '"ttl":600000}' % (number, number + 1))
    begun = time.monotonic()
    run = start("--", *LIVE, config=watching(folder, place, "wait = 60s"))
    run.wait_out("up", timeout=60)
    print(f"10000 instances from a directory to a file in {time.monotonic() - begun:.3f} s")
    assert place.path.read_text().count("server") == 10000


# ---- --render ----

def test_render_writes_them_once(run, place):
    done = run("--render", config=place.config("on-change = exec false"))
    assert (done.status, done.out, done.err) == (0, "", "")
    assert place.path.read_text() == "port 18080\n"
    assert not place.left()


def test_render_while_the_application_has_its_port(start, place, app):
    run = start("--", app, "say=up", "pause",
                config=place.config("on-change = signal HUP",
                                    more="[metrics]\nlisten = 19090\n"))
    run.wait_out("up")
    place.path.unlink()
    done = run.pintle("--render")
    assert (done.returncode, done.stderr) == (0, "")
    assert place.path.read_text() == "port 18080\n"
    assert run.stop()[0] == 143 and "HUP" not in run.out


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_render_that_fails(run, place, old):
    if old:
        place.path.write_text("old\n")
    done = run("--render", config=place.config("check = false"))
    assert done.status == 69
    assert "template app: check: ended with status 1" in done.err


def test_render_with_nothing_to_do(run):
    assert run("--render", config="[port web]\ndefault = 18080\n").status == 0


def test_render_waits_for_what_is_watched(run, folder, place):  # noqa: F811
    folder.add("a", "10.0.0.1", 8001)
    done = run("--render", config=watching(folder, place))
    assert done.status == 0 and place.path.read_text() == backend("a 10.0.0.1:8001 # ")
    folder.remove("a")
    done = run("--render", config=watching(folder, place, "wait = 200ms"))
    assert done.status == 69 and "rng" in done.err
