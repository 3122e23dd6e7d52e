# SPDX-License-Identifier: Apache-2.0
"""What the application may do: its user, groups, capabilities, limits; and where that is not to be
had, which line says so."""
import json
import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers import until

CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "KILL": 5, "SETGID": 6,
                "SETUID": 7, "SETPCAP": 8, "NET_BIND_SERVICE": 10, "NET_RAW": 13,
                "SYS_RESOURCE": 24}
SETS = ("effective", "permitted", "inheritable", "bounding", "ambient")


def bits(*names):
    return sum(1 << CAPABILITIES[name] for name in names)


def numbers(*names):
    """For the launcher's drop."""
    return [CAPABILITIES[name] for name in names]


def sets(got):
    return tuple(got[name] for name in SETS)


@pytest.fixture
def report(start, app):
    """report("app.user=1000", ...): what the application finds itself to be."""
    def report(*settings, steps=(), **options):
        arguments = [word for setting in settings for word in ("-o", setting)]
        return start(*arguments, "--", app, *steps, "report", **options).report_of_app()
    return report


@pytest.fixture
def refused(run, app, tmp_path):
    """refused("app.user=nobody", ..., status=126): what pintle said, and nothing was started."""
    mark = tmp_path / "started"

    def refused(*settings, status, **options):
        arguments = [word for setting in settings for word in ("-o", setting)]
        one = run(*arguments, "--", app, f"touch={mark}", **options)
        assert one.status == status, one
        assert not mark.exists()
        return one.err
    return refused


@pytest.fixture(scope="session")
def all_of_ours():
    for line in open("/proc/self/status"):
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)


# ---- user and groups ----

def prepared(start, app, script, *settings):
    """Runs it where the script has changed /etc."""
    pintle = start("--version").command[0]
    options = [word for setting in settings for word in ("-o", setting)]
    return start("-c", f'{script}\nexec "$@"', "sh", pintle, *options, "--", app, "report",
                 program="/bin/sh")


ACCOUNTS = """
    echo 'someone:x:1234:1235::/home/someone:/bin/sh' >>/etc/passwd
    echo 'more:x:4321:other,someone' >>/etc/group
    echo 'third:x:4322:' >>/etc/group
    """


@pytest.mark.parametrize("settings, gid, groups", [
    (["app.user=someone"], 1235, [4321]),
    (["app.user=1234"], 1235, [4321]),
    (["app.user=someone:third"], 4322, []),
    (["app.user=someone", "app.groups=third, 77"], 1235, [77, 4322]),
    (["app.user=someone", "app.groups=none"], 1235, []),
    (["app.user=4711"], 0, []),
    (["app.user=4711", "app.groups=more"], 0, [4321]),
    (["app.groups=more 9"], 0, [9, 4321]),
])
def test_groups(start, app, settings, gid, groups):
    got = prepared(start, app, ACCOUNTS, *settings).report_of_app()
    assert (got["gid"], sorted(set(got["groups"]) - {gid})) == (gid, groups)


@pytest.mark.parametrize("user, home", [("someone", "/home/someone"), ("1234", "/home/someone"),
                                        ("4711", "/"), ("1234:9", "/home/someone")])
def test_home(start, app, user, home):
    got = prepared(start, app, ACCOUNTS, f"app.user={user}")
    assert [v for v in got.report_of_app()["env"] if v.startswith("HOME=")] == [f"HOME={home}"]


@pytest.mark.parametrize("value, expected", [("/mine", ["HOME=/mine"]), ("", [])])
def test_home_of_env_counts_more(report, value, expected):
    got = report("app.user=4711", f"env.HOME={value}", env={"HOME": "/given"})
    assert [v for v in got["env"] if v.startswith("HOME=")] == expected


def test_without_passwd_and_group(start, app):
    bare = "rm /etc/passwd /etc/group"
    got = prepared(start, app, bare, "app.user=1000:1001", "app.groups=5").report_of_app()
    assert (got["uid"], got["gid"], got["groups"]) == (1000, 1001, [5])
    for setting, name in (("app.user=root", "root"), ("app.user=0:wheel", "wheel"),
                          ("app.groups=wheel", "wheel")):
        one = prepared(start, app, bare, setting)
        assert one.end() == 126 and f"'{name}'" in one.err and not one.out


def test_user_that_is_not_known_is_told_before_the_network(refused):
    said = refused("app.user=no-such-user", "interface eth7.address=10.1.1.1/24", "net.wait=1m",
                   status=126)
    assert "no-such-user" in said and "[app] user" in said and "eth7" not in said


def test_descriptors_are_given_to_the_user(run):
    one = run("-o", "app.user=4711:4712", "--", "stat", "-Lc", "%u %g", "/proc/self/fd/1",
              "/proc/self/fd/2", "/proc/self/fd/0")
    assert one.status == 0
    assert one.out.splitlines() == ["4711 0", "4711 0", "0 0"]


# ---- directory and umask ----

def test_directory_that_only_root_may_enter(report, programs):
    place = programs / "of-root"
    place.mkdir(mode=0o700)
    got = report("app.user=4711", f"app.directory={place}", "app.umask=027")
    assert got["umask"] == 0o27
    assert got["cwd"] in (str(place), "?")


def test_directory_that_only_the_user_may_enter(report, programs):
    place = programs / "of-user"
    place.mkdir(mode=0o700)
    os.chown(place, 4711, 4711)
    got = report("app.user=4711", f"app.directory={place}",
                 drop=numbers("DAC_OVERRIDE", "DAC_READ_SEARCH"))
    assert got["cwd"] == str(place)


def test_directory_that_nobody_may_enter(refused, programs):
    place = programs / "of-another"
    place.mkdir(mode=0o700)
    os.chown(place, 4712, 4712)
    said = refused("app.user=4711", f"app.directory={place}", status=126,
                   drop=numbers("DAC_OVERRIDE", "DAC_READ_SEARCH"))
    assert f"directory {place}: Permission denied" in said


# ---- capabilities ----

def test_by_default_nothing_is_taken(report, all_of_ours):
    got = report("app.drain=0")
    assert sets(got) == (all_of_ours, all_of_ours, 0, all_of_ours, 0)
    assert (got["no_new_privs"], got["securebits"]) == (0, 0)
    got = report("app.user=4711")
    assert sets(got) == (0, 0, 0, all_of_ours, 0)
    assert (got["no_new_privs"], got["securebits"]) == (0, 0)


def test_root_keeps_what_is_listed(report):
    kept = bits("CHOWN", "NET_RAW")
    got = report("app.capabilities=chown, CAP_NET_RAW")
    assert sets(got) == (kept, kept, 0, kept, 0)
    assert sets(report("app.capabilities=none")) == (0, 0, 0, 0, 0)


def test_what_was_not_given_cannot_be_kept(report):
    got = report("app.capabilities=chown, net_raw", drop=numbers("NET_RAW"))
    assert sets(got) == (1, 1, 0, 1, 0)


def test_all_is_what_there_is(report, all_of_ours):
    got = report("app.user=4711", "app.capabilities=all", "app.ambient=all")
    assert sets(got) == (all_of_ours,) * 5


def test_capability_goes_along_to_the_user(report):
    kept = bits("NET_BIND_SERVICE")
    got = report("app.user=4711", "app.ambient=NET_BIND_SERVICE",
                 "app.capabilities=NET_BIND_SERVICE")
    assert sets(got) == (kept,) * 5
    assert (got["uid"], got["securebits"], got["no_new_privs"]) == (4711, 0, 0)


def test_ambient_alone_leaves_the_bounding_set(report, all_of_ours):
    kept = bits("NET_BIND_SERVICE", "KILL")
    got = report("app.user=4711", "app.ambient=kill net_bind_service")
    assert sets(got) == (kept, kept, kept, all_of_ours, kept)


def test_user_with_the_capability_binds_port_80(run, app):
    listen = ("--", app, "listen=80", "exit=7")
    config = "[app]\nuser = 4711\n"
    assert run(*listen, config=config).status == 1
    assert run(*listen, config=config + "ambient = NET_BIND_SERVICE\n"
                                        "capabilities = NET_BIND_SERVICE\n").status == 7


def test_inherited_ambient_ones_are_taken_too(start, app):
    """As podman gives them to a user."""
    pintle = start("--version").command[0]
    given = ["--reuid=4711", "--clear-groups", "--inh-caps=+chown,+kill",
             "--ambient-caps=+chown,+kill"]

    def got(*settings):
        options = [word for setting in settings for word in ("-o", setting)]
        return sets(start(*given, pintle, *options, "--", app, "report",
                          program="/usr/bin/setpriv").report_of_app())
    both, one = bits("CHOWN", "KILL"), bits("KILL")
    assert got("app.drain=0")[:3] == (both,) * 3
    assert got("app.ambient=kill")[4] == one
    assert got("app.ambient=none")[4] == 0
    assert got("app.ambient=all")[4] == both


@pytest.fixture(scope="module")
def setuid_app(programs, app):
    path = programs / "setuid-app"
    shutil.copy(app, path)
    os.chmod(path, 0o4755)
    return str(path)


def test_setuid_programs_work(report, start, setuid_app, all_of_ours):
    """A drop-in for tini must not break sudo."""
    def got(*settings):
        options = [word for setting in settings for word in ("-o", setting)]
        return start(*options, "--", setuid_app, "report").report_of_app()
    one = got("app.user=4711")
    assert (one["uid"], one["euid"], one["effective"]) == (4711, 0, all_of_ours)
    one = got("app.user=4711", "app.no-new-privileges=no", "app.groups=7", "limits.core=0")
    assert (one["euid"], one["effective"]) == (0, all_of_ours)
    one = got("app.user=4711", "app.no-new-privileges=yes")
    assert (one["euid"], one["effective"], one["no_new_privs"]) == (4711, 0, 1)
    one = got("app.user=4711", "app.capabilities=chown")
    assert (one["euid"], one["effective"]) == (0, bits("CHOWN"))


def test_capabilities_without_the_privilege_to_drop_them(report, refused):
    lacking = {"drop": numbers("SETPCAP")}
    said = refused("app.capabilities=none", status=126, **lacking)
    assert "drop capabilities: Operation not permitted" in said and "SETPCAP" in said
    got = report("app.capabilities=none", "app.no-new-privileges=yes", **lacking)
    assert sets(got)[:3] == (0, 0, 0)
    got = report("app.capabilities=none", no_new_privs=True, **lacking)
    assert sets(got)[:3] == (0, 0, 0)


def test_nothing_to_drop_needs_no_privilege(report):
    assert sets(report("app.capabilities=none", drop="all")) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("options", [{"drop": [10]}, {"drop": "all"}, {"user": 4711}],
                         ids=["dropped", "all-dropped", "user"])
def test_ambient_that_is_not_there(refused, options):
    said = refused("app.ambient=NET_BIND_SERVICE", status=69, **options)
    assert "[app] ambient: pintle has no NET_BIND_SERVICE" in said and "--cap-add" in said


# ---- limits ----

LIMITS = {"as": resource.RLIMIT_AS, "core": resource.RLIMIT_CORE, "cpu": resource.RLIMIT_CPU,
          "data": resource.RLIMIT_DATA, "fsize": resource.RLIMIT_FSIZE, "locks": 10,
          "memlock": resource.RLIMIT_MEMLOCK, "msgqueue": resource.RLIMIT_MSGQUEUE,
          "nice": resource.RLIMIT_NICE, "nofile": resource.RLIMIT_NOFILE,
          "nproc": resource.RLIMIT_NPROC, "rss": resource.RLIMIT_RSS,
          "rtprio": resource.RLIMIT_RTPRIO, "rttime": resource.RLIMIT_RTTIME,
          "sigpending": resource.RLIMIT_SIGPENDING, "stack": resource.RLIMIT_STACK}


def below(name):
    """A soft and a hard limit that may be had here and let a small program run."""
    hard = resource.getrlimit(LIMITS[name])[1]
    hard = (1 << 40) + 1 if hard == resource.RLIM_INFINITY else hard
    return [hard // 2, hard]


def test_all_limits(report):
    assert len(LIMITS) == resource.RLIMIT_SIGPENDING + 5 == 16
    wanted = {name: below(name) for name in LIMITS}
    got = report(*(f"limits.{name}={soft}:{hard}" for name, (soft, hard) in wanted.items()))
    assert {name: got["limits"][number] for name, number in LIMITS.items()} == wanted


def test_one_number_is_both_limits(report):
    got = report("limits.nofile=512", "limits.stack=4m", "limits.core=0:1k")["limits"]
    assert got[resource.RLIMIT_NOFILE] == [512, 512]
    assert got[resource.RLIMIT_STACK] == [4 << 20, 4 << 20]
    assert got[resource.RLIMIT_CORE] == [0, 1024]


def test_limits_from_the_environment(report):
    got = report(env={"PINTLE_LIMITS_NOFILE": "100:200", "PINTLE_APP_USER": "4711",
                      "PINTLE_APP_GROUPS": "7,8"})
    assert got["limits"][resource.RLIMIT_NOFILE] == [100, 200]
    assert (got["uid"], got["groups"]) == (4711, [7, 8])


def test_limits_of_pintle_are_as_they_were(start, app):
    run = start("-o", "limits.nofile=100", "--", app, "say=up", "pause")
    run.wait_out("up")
    assert resource.prlimit(run.pid, resource.RLIMIT_NOFILE) == \
           resource.getrlimit(resource.RLIMIT_NOFILE)


def limited(nofile, memlock):
    """A shell that has only so much, and then is pintle."""
    return f'ulimit -n {nofile}; ulimit -l {memlock}; exec "$@"'


@pytest.mark.parametrize("options", [{"drop": [24]}, {"user": 4711}, {"user_namespace": True}],
                         ids=["no-SYS_RESOURCE", "user", "user-namespace"])
def test_limit_above_the_hard_one(run, app, pintle, tmp_path, options):
    mark = tmp_path / "started"
    one = run("-c", limited(100, 64), "sh", pintle, "-o", "limits.nofile=101",
              "-o", "limits.memlock=1k:unlimited", "-o", "limits.core=0",
              "-o", "interface eth7.address=10.1.1.1/24", "--", app, f"touch={mark}",
              program="/bin/bash", **options)
    assert one.status == 69
    assert "[limits] nofile: 101 is above the hard limit of 100" in one.err
    assert "[limits] memlock: unlimited is above the hard limit of 65536" in one.err
    assert "SYS_RESOURCE" in one.err and "--ulimit" in one.err
    assert "core" not in one.err and "eth7" not in one.err
    assert not mark.exists()


def test_limit_above_the_hard_one_with_what_we_have(start, app, pintle, all_of_ours):
    """Who may raise it does so before its user and capabilities are gone."""
    one = start("-c", limited(100, 64), "sh", pintle, "-o", "limits.nofile=101:102",
                "-o", "app.user=4711", "-o", "app.capabilities=none", "--", app, "report",
                program="/bin/bash")
    if all_of_ours & bits("SYS_RESOURCE"):
        assert one.report_of_app()["limits"][resource.RLIMIT_NOFILE] == [101, 102]
    else:
        assert one.end() == 69


def test_more_files_than_any_process_may_have(refused):
    """fs.nr_open bounds even those who may raise limits."""
    assert "[limits] nofile: unlimited is above" in refused("limits.nofile=unlimited", status=69)


def test_limits_come_before_the_user(start, app, refused):
    """The kernel counts when the user is set, and refuses the exec."""
    first = start("-o", "limits.nproc=1", "-o", "app.user=54327", "--", app, "say=up", "pause")
    first.wait_out("up")
    assert "the limit nproc" in refused("limits.nproc=0", "app.user=54327", status=126)


# ---- privileges that pintle was not given ----

@pytest.mark.parametrize("settings, drop, says", [
    (["app.user=4711"], "all", "set groups: Operation not permitted"),
    (["app.user=4711"], [6], "SETGID"),
    (["app.user=4711"], [7], "set user: Operation not permitted (it takes the capability SETUID)"),
    (["app.user=0:5"], "all", "set group: Operation not permitted (it takes the capability SETGID"),
    (["app.groups=5"], "all", "set groups: Operation not permitted"),
])
def test_dropped_capabilities(refused, app, settings, drop, says):
    said = refused(*settings, status=126, drop=drop)
    assert f"app: {app}: " in said and says in said


@pytest.mark.parametrize("options", [
    {"drop": "all"}, {"user": 4711}, {"user": 4711, "no_new_privs": True, "drop": "all"},
    {"user": 4711, "read_only": True, "no_proc": True}, {"user_namespace": True},
], ids=str)
def test_what_is_so_already_takes_no_privilege(report, options):
    uid = options.get("user", 0)
    got = report(f"app.user={uid}:{uid}", "limits.core=0", "app.umask=077", **options)
    assert (got["uid"], got["gid"], got["umask"]) == (uid, uid, 0o77)


def test_user_namespace(report, refused, all_of_ours):
    """As unshare -r makes it: one id is mapped, and setgroups is denied."""
    inside = {"user_namespace": True}
    assert sets(report("app.user=root", "app.capabilities=chown", **inside)) == (1, 1, 0, 1, 0)
    assert "set groups: Operation not permitted" in refused("app.user=4711", status=126, **inside)


def in_user_namespace(start, app, how, *settings):
    pintle = start("--version").command[0]
    options = [word for setting in settings for word in ("-o", setting)]
    return start(*how, pintle, *options, "--", app, "report", program="/usr/bin/unshare",
                 user=4711)


def test_rootless(start, app):
    """An ordinary user's own namespace, as root and as itself."""
    got = in_user_namespace(start, app, ["-r"], "app.user=0:0", "app.capabilities=kill")
    got = got.report_of_app()
    assert (got["uid"], got["gid"], got["effective"]) == (0, 0, bits("KILL"))
    how = ["-U", "--map-user=1000", "--map-group=1000"]
    got = in_user_namespace(start, app, how, "app.user=1000:1000").report_of_app()
    assert (got["uid"], got["gid"], got["permitted"]) == (1000, 1000, 0)
    one = in_user_namespace(start, app, ["-r"], "app.user=1000")
    assert one.end() == 126 and "set groups: Operation not permitted" in one.err


@pytest.mark.parametrize("user, status, says", [
    ("5:6", 5, ""),
    ("11:5", 126, "set user: Invalid argument (not mapped into this user namespace)"),
    ("5:11", 126, "set group: Invalid argument (not mapped into this user namespace)"),
])
def test_ids_that_are_mapped_and_one_that_is_not(pintle, app, user, status, says):
    """Ten are, and setgroups is allowed, as for rootless podman."""
    command = ["unshare", "-U", "sh", "-c", 'read go; exec "$@"', "sh", pintle, "-o",
               f"app.user={user}", "--", app, "exit=5"]
    ours = os.readlink("/proc/self/ns/user")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        until(lambda: os.readlink(f"/proc/{process.pid}/ns/user") != ours, what="a namespace")
        for kind in ("uid", "gid"):
            Path(f"/proc/{process.pid}/{kind}_map").write_text("0 0 10")
        _, said = process.communicate(b"\n", timeout=10)
    assert process.returncode == status
    assert says in said.decode()


# ---- jobs ----

JOB = """
    [app]
    user = 4711
    groups = 7
    capabilities = CHOWN
    ambient = CHOWN
    no-new-privileges = yes
    [limits]
    nofile = 100
    [job first]
    command = {app} report
    when = pre-start
    """


def test_jobs_are_as_the_application(run, app):
    one = run("--", app, "exit=0", config=JOB.format(app=app))
    assert one.status == 0
    got = json.loads(one.out)
    assert (got["uid"], got["groups"], got["no_new_privs"]) == (4711, [7], 1)
    assert sets(got) == (1, 1, 1, 1, 1)
    assert got["limits"][resource.RLIMIT_NOFILE] == [100, 100]
    assert "HOME=/" in got["env"]


def test_job_with_a_user_of_its_own_is_as_pintle_but_for_it(run, app, all_of_ours):
    one = run("--", app, "exit=0", config=JOB.format(app=app) + "user = root\n")
    assert one.status == 0
    got = json.loads(one.out)
    assert (got["uid"], got["groups"], got["no_new_privs"]) == (0, [], 0)
    assert sets(got) == (all_of_ours, all_of_ours, 0, all_of_ours, 0)
    assert got["limits"][resource.RLIMIT_NOFILE] == list(resource.getrlimit(resource.RLIMIT_NOFILE))
    assert "HOME=/root" in got["env"]


# ---- containers ----

@pytest.fixture(scope="module")
def image(docker_session, pintle, app, tmp_path_factory):
    """pintle and the test's application, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(pintle, folder / "pintle")
    shutil.copy(app, folder / "app")
    (folder / "Dockerfile").write_text(
        'FROM scratch\nCOPY pintle app /\nENTRYPOINT ["/pintle", "--", "/app", "report"]\n')
    return docker_session.build(folder)


BIND = ["APP_USER=1000", "APP_CAPABILITIES=NET_BIND_SERVICE", "APP_AMBIENT=NET_BIND_SERVICE"]
HARD = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]


def contained(docker, image, options, settings):
    variables = [word for setting in settings for word in ("-e", f"PINTLE_{setting}")]
    return docker("run", "--rm", *options, *variables, image, check=False)


@pytest.mark.parametrize("options, settings, expected", [
    ([], ["APP_USER=1000:1001", "APP_GROUPS=5", "LIMITS_NOFILE=99"],
     {"uid": 1000, "gid": 1001, "groups": [5], "effective": 0}),
    ([], BIND, {"uid": 1000, "effective": 1 << 10, "bounding": 1 << 10, "ambient": 1 << 10}),
    (["--read-only"], BIND, {"uid": 1000, "effective": 1 << 10}),
    (["--security-opt", "no-new-privileges"], BIND,
     {"uid": 1000, "effective": 1 << 10, "bounding": 1 << 10, "no_new_privs": 1}),
    ([], ["APP_CAPABILITIES=none", "APP_NO_NEW_PRIVILEGES=yes"],
     {"uid": 0, "effective": 0, "bounding": 0, "no_new_privs": 1}),
    (["--user", "1000:1000"], ["APP_USER=1000:1000", "LIMITS_CORE=0"], {"uid": 1000, "gid": 1000}),
    (["--user", "1000:1000"], ["APP_CAPABILITIES=none", "APP_NO_NEW_PRIVILEGES=yes"],
     {"uid": 1000, "effective": 0, "no_new_privs": 1}),
    (["--user", "1000:1000", *HARD], ["APP_CAPABILITIES=none", "APP_UMASK=077"],
     {"uid": 1000, "bounding": 0, "umask": 0o77}),
    (HARD, ["APP_CAPABILITIES=none", "APP_USER=0:0"], {"uid": 0, "bounding": 0}),
    (["--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID"],
     ["APP_USER=1000", "APP_GROUPS=7"], {"uid": 1000, "groups": [7], "permitted": 0}),
    (["--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "SETPCAP",
      "--cap-add", "NET_BIND_SERVICE"], BIND,
     {"uid": 1000, "effective": 1 << 10, "bounding": 1 << 10}),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_container(docker, image, options, settings, expected):
    ran = contained(docker, image, options, settings)
    assert ran.returncode == 0, ran.stderr
    got = json.loads(ran.stdout)
    assert {name: got[name] for name in expected} == expected
    assert got["securebits"] == 0


@pytest.mark.parametrize("options, settings, status, says", [
    (["--cap-drop", "ALL"], ["APP_USER=1000"], 126,
     "app: /app: set groups: Operation not permitted"),
    (["--user", "1000:1000"], ["APP_USER=1001:1000"], 126, "Operation not permitted"),
    (["--user", "1000:1000"], BIND[2:], 69, "ambient: pintle has no NET_BIND_SERVICE"),
    (["--user", "1000:1000"], ["APP_CAPABILITIES=none"], 126,
     "app: /app: drop capabilities: Operation not permitted"),
    ([], ["APP_AMBIENT=SYS_ADMIN"], 69, "no SYS_ADMIN"),
    (["--ulimit", "nofile=100:200"], ["LIMITS_NOFILE=201"], 69,
     "nofile: 201 is above the hard limit of 200"),
    ([], ["APP_USER=app"], 126, "user 'app' is not in /etc/passwd"),
    ([], ["APP_USER=1000:app"], 126, "group 'app' is not in /etc/group"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_container_that_lacks_something(docker, image, options, settings, status, says):
    ran = contained(docker, image, options, settings)
    assert (ran.returncode, ran.stdout) == (status, "")
    assert says in ran.stderr
