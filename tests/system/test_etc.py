# SPDX-License-Identifier: Apache-2.0
"""[hosts], [dns] and [host]: files that are mounts, in place, and only if asked."""
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import helpers

BEGIN, END = "# pintle: begin\n", "# pintle: end\n"
NAMES = """
    [hosts]
    redis = 192.168.1.2
    db.example = fd00::2
    [dns]
    nameserver = 10.0.0.53, fd00::53
    search = example.org
    options = ndots:1
"""


@pytest.fixture
def registry():
    """A directory that the agent can read, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="pintle-test-") as parent:
        os.chmod(parent, 0o755)
        folder = Path(parent) / "registry"
        folder.mkdir()
        folder.chmod(0o1777)
        yield folder


@pytest.fixture
def contain(pintle, tmp_path):
    """contain(script, config): runs it where /etc/hosts, resolv.conf and hostname are mounts, as in
    a container, as a host of its own; $PINTLE runs pintle, files of this folder are in $OUT."""
    for name in ("hosts", "resolv.conf", "hostname"):
        (tmp_path / name).write_text({"hosts": "127.0.0.1\tlocalhost\n172.17.0.2\tredis\n",
                                      "resolv.conf": "nameserver 192.0.2.1\n",
                                      "hostname": "old\n"}[name])

    def contain(script, config, **options):
        path = helpers.write_config(tmp_path, config)
        mounts = "mount -t tmpfs none /etc; touch /etc/passwd; cd $OUT; hostname old; " \
                 "for f in hosts resolv.conf hostname; do touch /etc/$f; " \
                 "mount --bind $f /etc/$f; done; "
        return helpers.subprocess.run(
            ["unshare", "-n", "-m", "-u", "-p", "-f", "sh", "-ec", mounts + script],
            env={"PATH": helpers.PATH, "OUT": str(tmp_path), "PINTLE": f"{pintle} -c {path}"},
            text=True, capture_output=True, timeout=20, **options)
    contain.folder = tmp_path
    return contain


def test_hosts_and_resolver(contain):
    inodes = {name: (contain.folder / name).stat().st_ino for name in ("hosts", "resolv.conf")}
    done = contain("$PINTLE -- cat /etc/hosts /etc/resolv.conf", NAMES)
    hosts = BEGIN + "192.168.1.2\tredis\nfd00::2\tdb.example\n" + END + \
        "127.0.0.1\tlocalhost\n# pintle: instead of: 172.17.0.2\tredis\n"
    resolver = "# pintle: instead of: nameserver 192.0.2.1\n" + BEGIN + \
        "nameserver 10.0.0.53\nnameserver fd00::53\nsearch example.org\noptions ndots:1\n" + END
    assert (done.returncode, done.stdout) == (0, hosts + resolver)
    assert "warning" not in done.stderr
    assert (contain.folder / "hosts").read_text() == hosts
    for name, inode in inodes.items():
        assert (contain.folder / name).stat().st_ino == inode
    assert (contain.folder / "hostname").read_text() == "old\n"


def test_names_are_found(contain):
    done = contain("$PINTLE -- getent hosts redis", "[hosts]\nredis = 192.168.1.2\n")
    assert done.stdout.split() == ["192.168.1.2", "redis"], done


def test_the_second_time_nothing_is_written(contain):
    """Also where it can't be: Docker's --read-only."""
    script = "$PINTLE -- true; before=$(stat -c %y /etc/hosts); mount -o remount,bind,ro /etc/hosts;" \
             "$PINTLE -- true; test \"$before\" = \"$(stat -c %y /etc/hosts)\"; echo same"
    done = contain(script, NAMES)
    assert done.stdout == "same\n", done


@pytest.mark.parametrize("on_error, status", [("fail", 69), ("warn", 0)])
def test_what_is_read_only(contain, on_error, status):
    done = contain("mount -o remount,bind,ro /etc/hosts; $PINTLE -- true || s=$?;"
                   "ip -br link show type bridge; exit ${s:-0}",
                   f"[net]\non-error = {on_error}\n[hosts]\na = 10.0.0.1\n"
                   "[interface br0]\nkind = bridge\n")
    assert done.returncode == status
    assert ("br0" in done.stdout) == (status == 0)
    assert "/etc/hosts: Read-only file system; docker: --add-host" in done.stderr


def test_another_configuration_takes_its_place(contain):
    script = "$PINTLE -- true; $PINTLE -o hosts.redis=10.0.0.9 -- true; " \
             "PINTLE_HOSTS_REDIS=10.0.0.8 PINTLE_HOSTS_NEW=10.0.0.7 $PINTLE -- cat /etc/hosts"
    done = contain(script, "[hosts]\nredis = 10.0.0.1\n")
    assert done.stdout == BEGIN + "10.0.0.8\tredis\n10.0.0.7\tnew\n" + END + \
        "127.0.0.1\tlocalhost\n# pintle: instead of: 172.17.0.2\tredis\n"


@pytest.mark.parametrize("force, name", [("no", "127.0.0.11"), ("yes", "10.0.0.53")])
def test_dockers_own_server(contain, force, name):
    (contain.folder / "resolv.conf").write_text("nameserver 127.0.0.11\noptions ndots:0\n")
    done = contain("$PINTLE -- grep -v '^#' /etc/resolv.conf",
                   f"[dns]\nnameserver = 10.0.0.53\nforce = {force}\n")
    assert sorted(done.stdout.splitlines()) == [f"nameserver {name}", "options ndots:0"]
    assert ("left out, as Docker's own 127.0.0.11 is there" in done.stderr) == (force == "no")


@pytest.mark.parametrize("mode, status", [("verify", 69), ("leave", 0)])
def test_nothing_is_written(contain, mode, status):
    script = "$PINTLE -- true || s=$?; cat hosts resolv.conf hostname; hostname; exit ${s:-0}"
    done = contain(script, NAMES + f"    [host]\n    name = new\n    [net]\n    mode = {mode}\n")
    assert done.returncode == status
    assert done.stdout == "127.0.0.1\tlocalhost\n172.17.0.2\tredis\nnameserver 192.0.2.1\nold\nold\n"
    if mode == "verify":
        for words in ("/etc/hosts is not as configured", "/etc/resolv.conf is not as configured",
                      "the host's name is old, wanted new"):
            assert words in done.stderr


def test_plan(contain):
    done = contain("$PINTLE --plan; $PINTLE -- true; $PINTLE --plan", NAMES)
    assert done.stdout == "# /etc/hosts is not as configured; /etc/resolv.conf is not as " \
                          "configured\n", done


def test_the_hosts_own_name(contain):
    done = contain("$PINTLE -- hostname; cat /etc/hostname; $PINTLE --plan", "[host]\nname = web-1\n")
    assert (done.returncode, done.stdout) == (0, "web-1\nweb-1\n"), done


def test_a_name_that_may_not_be_changed(contain):
    script = "capsh --drop=cap_sys_admin -- -c '$PINTLE -- true'"
    done = contain(script, "[host]\nname = web-1\n")
    assert done.returncode == 69
    assert "host name web-1: Operation not permitted; docker: --hostname web-1" in done.stderr
    done = contain(script, "[host]\nname = old\n")
    assert done.returncode == 0, done


def test_in_a_real_container(docker, pintle, app, tmp_path):
    """The files are mounts of Docker's there, and its name server is that of the network."""
    for program in (pintle, app):
        shutil.copy(program, tmp_path)
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY pintle app /\nENTRYPOINT ["/pintle"]\n')
    image = docker.build(tmp_path)
    container = docker.run("--add-host", "redis:1.2.3.4", "--hostname", "web", image,
                           "-o", "hosts.redis=192.168.1.2", "-o", "dns.nameserver=10.0.0.53",
                           "-o", "host.name=web", "--", "/app", "say=up", "pause")
    helpers.until(lambda: "up" in docker.logs(container), 10, "the application")
    folder = f"/proc/{docker.pid(container)}/root/etc/"
    hosts, resolver = open(folder + "hosts").read(), open(folder + "resolv.conf").read()
    assert hosts.startswith(BEGIN + "192.168.1.2\tredis\n" + END)
    assert "\n# pintle: instead of: 1.2.3.4\tredis\n" in hosts and "\tlocalhost\n" in hosts
    assert resolver.endswith(BEGIN + "nameserver 10.0.0.53\n" + END)
    assert open(folder + "hostname").read() == "web\n"
    assert "warning" not in docker.logs(container)


FOLLOW = r"""
add() { mv $OUT/$1 $REGISTRY/redis@$1.json; }
block() { sed -n '/begin/,/end/{/#/!p}' /etc/hosts | tr '\t\n' ' ,'; }
has() {
    for i in $(seq 1000); do if test "$(block)" = "$1"; then return; fi; sleep 0.02; done
    cat /etc/hosts
}
has ''
add a; has '10.0.0.1 redis,'
add b; has '10.0.0.1 redis,10.0.0.2 redis,'
rm $REGISTRY/redis@a.json; has '10.0.0.2 redis,'
rm $REGISTRY/redis@b.json; has ''
grep redis /etc/hosts
"""


@pytest.mark.parametrize("watch", ["", "[watch cache]\nservice = redis\nempty-after = 0\nwait = 0"],
                         ids=["of its own", "as watched"])
def test_a_name_that_follows_a_service(contain, registry, watch):
    """Its lines come, change and go while the application runs."""
    for name, address in {"a": "10.0.0.1", "b": "10.0.0.2"}.items():
        (contain.folder / name).write_text(json.dumps(
            {"id": name, "name": "redis", "address": address, "port": 1, "state": "passing",
             "ttl": 60000}))
    (contain.folder / "app").write_text(f"REGISTRY={registry}\n" + FOLLOW)
    done = contain("$PINTLE -- sh -e $OUT/app", "[hosts]\nredis = service:redis\n"
                   f"[discovery]\nregistry = file\naddress = {registry}\n{watch}\n")
    assert (done.returncode, done.stdout) == \
        (0, "# pintle: instead of: 172.17.0.2\tredis\n"), done
    assert "warning" not in done.stderr


def test_a_name_that_can_not_follow_is_told_once(contain, registry):
    for name in "ab":
        (contain.folder / name).write_text(json.dumps(
            {"id": name, "name": "db", "address": "10.0.0.1", "port": 1, "state": "passing",
             "ttl": 60000}))
    script = f"""mount -o remount,bind,ro /etc/hosts; mv $OUT/a {registry}/db@a.json
        $PINTLE -- sh -c 'echo $DB_HOST; mv $OUT/b {registry}/db@b.json; sleep 0.02
            until $PINTLE --status | grep 10.0.0.1:1,10.0.0.1:1; do sleep 0.02; done'"""
    done = contain(script, "[hosts]\ndb = service:db\n[watch db]\nwait = 10s\n"
                   f"[discovery]\nregistry = file\naddress = {registry}\n")
    assert done.stdout.startswith("10.0.0.1\n") and done.returncode == 0, done
    assert done.stderr.count("/etc/hosts: Read-only file system") == 1, done
