# SPDX-License-Identifier: Apache-2.0
"""What is special about etcd as a registry: its keys and values, its users, its many addresses. What
all registries have to do is in test_conformance.py."""
import json
import time

import pytest

from helpers import until

READY = ("quit=15,0,0", "say=up", "pause")
KEY = "/skydns/local/cluster/web/web-1"


@pytest.fixture
def announced(start, app, etcd):
    """announced(discovery settings..., service settings...): pintle, and up."""
    def make(discovery="", service="", address=etcd.address, **options):
        config = (f"[discovery]\nregistry = etcd\naddress = {address}\n{discovery}\n"
                  f"[service web]\nport = 8080\naddress = static:10.9.8.7\nid = web-1\n"
                  f"ttl = 5s\n{service}\n[log]\nlevel = info\n")
        run = start("--", app, *READY, net="host", config=config, **options)
        run.wait_out("^up$")
        return run
    return make


def wait_keys(etcd, keys, timeout=5):
    until(lambda: list(etcd.keys()) == keys, timeout, f"the keys are {keys}")


LAYOUTS = {
    "": (KEY, {"host": "10.9.8.7", "port": 8080, "ttl": 3, "tags": ["a"], "meta": {"k": "v"}}),
    "prefix = /skydns/org/example/\nlayout = skydns\n":
        ("/skydns/org/example/web/web-1",
         {"host": "10.9.8.7", "port": 8080, "ttl": 3, "tags": ["a"], "meta": {"k": "v"}}),
    "layout = registrator\n": ("/services/web/web-1", "10.9.8.7:8080"),
    "layout = plain\nprefix = x\n":
        ("x/web/web-1", {"id": "web-1", "name": "web", "address": "10.9.8.7", "port": 8080,
                         "tags": ["a"], "meta": {"k": "v"}, "state": "passing", "ttl": 5000}),
}


@pytest.mark.parametrize("discovery", LAYOUTS, ids=["default", "skydns", "registrator", "plain"])
def test_keys_and_values(announced, etcd, discovery):
    key, value = LAYOUTS[discovery]
    run = announced(discovery, "tags = a\nmeta.k = v\ndrain = 3s\n")
    until(lambda: etcd.keys("x") or etcd.keys(), 5, "a key")
    text = {**etcd.keys("x"), **etcd.keys()}[key]
    assert (text if isinstance(value, str) else json.loads(text)) == value
    lease = {**etcd.entries("x"), **etcd.entries()}[key]["lease"]
    assert etcd.ask("/v3/lease/timetolive", ID=lease)["grantedTTL"] == "5"
    # CoreDNS takes its lower half for seconds
    assert int(lease) & 0xffffffff > 1 << 31
    assert run.alive()


def test_a_killed_container_expires(announced, etcd):
    """And one with the same id takes its lease over."""
    first = announced()
    wait_keys(etcd, [KEY])
    lease = etcd.entries()[KEY]["lease"]
    first.close()
    second = announced()
    second.wait_err("registered in etcd")
    assert etcd.entries()[KEY]["lease"] == lease
    second.close()
    assert list(etcd.keys()) == [KEY]
    wait_keys(etcd, [], 15)


def test_a_user_logs_in_and_again_when_the_token_is_over(announced, etcd, tmp_path):
    etcd.allow("web", "secret", "/skydns/")
    (tmp_path / "password").write_text("secret\n")
    run = announced(f"user = web\npassword = file:{tmp_path}/password\n")
    wait_keys(etcd, [KEY])
    etcd.ask("/v3/auth/role/add", name="another")  # no token outlives that
    etcd.log_in()
    etcd.delete(KEY)
    wait_keys(etcd, [KEY])
    assert "status 4" not in run.err and "trying again" not in run.err
    assert run.stop()[0] == 0
    assert etcd.keys() == {} and "secret" not in run.err


def test_a_key_that_somebody_took_out_is_put_again(announced, etcd):
    run = announced()
    wait_keys(etcd, [KEY])
    etcd.delete(KEY)
    wait_keys(etcd, [KEY], 4)  # a heartbeat is due every ttl / 3
    etcd.revoke(KEY)
    wait_keys(etcd, [KEY], 4)
    run.wait_err("registering it again", count=2)


@pytest.mark.parametrize("discovery, said", [
    ("", "user name is empty"),
    ("user = web\npassword = wrong\n", "authentication failed"),
    ("user = web\npassword = secret\nprefix = /other\n", "permission denied")])
def test_a_refusal_is_told_once(announced, etcd, discovery, said):
    etcd.allow("web", "secret", "/skydns/")
    run = announced(discovery)
    run.wait_err(said)
    time.sleep(0.7)
    assert run.err.count("trying again") == 1
    assert "secret" not in run.err
    assert run.stop()[0] == 0


def test_a_user_is_no_harm_where_there_are_none(announced, etcd):
    run = announced("user = web\npassword = x\n")
    wait_keys(etcd, [KEY])
    assert run.stop()[0] == 0
    assert etcd.keys() == {}


def test_the_environment_of_etcdctl(announced, start, app, etcd):
    etcd.allow("web", "a:b", "/skydns/")
    config = ("[discovery]\nregistry = etcd\n[service web]\nport = 80\nid = web-1\n"
              "address = static:10.9.8.7\n")
    run = start("--", app, *READY, net="host", config=config,
                env={"ETCDCTL_ENDPOINTS": f"http://127.0.0.1:1,http://{etcd.address}",
                     "ETCDCTL_USER": "web:a:b"})
    run.wait_out("^up$")
    wait_keys(etcd, [KEY])
    assert run.stop()[0] == 0
    assert etcd.keys() == {}


def test_one_that_hangs_is_left_for_the_next(announced, etcd):
    """Accepting connections is no answer."""
    other = etcd.__class__(etcd.program)
    try:
        other.pause()
        run = announced("timeout = 500ms\n", address=f"{other.address},{etcd.address}")
        run.wait_err(f"registering in etcd at {other.address}: it does not answer")
        wait_keys(etcd, [KEY])
        assert run.stop()[0] == 0
        assert etcd.keys() == {}
    finally:
        other.close()
