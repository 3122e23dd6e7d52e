# SPDX-License-Identifier: Apache-2.0
"""netcfg/: the container's own network, as ip(8) sees it afterwards."""
import json
import re
import shutil
import sys
import textwrap

import pytest

import helpers
from helpers_netcfg import (carry_out, kernel_state, plug, prepared, same_state, settled,
                            traced, wired, writes)  # noqa: F401 (fixtures)
from netcfg_cases import CASES

NET_ADMIN = 12  # linux/capability.h
BIND = ("import socket, sys; s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); "
        "s.bind((sys.argv[1], 0))")
WHOLE = """
    [net]
    mode = apply
    [interface eth0]
    mtu = 1400
    address = 10.0.0.2/24
    address = 10.0.0.3/24 label eth0:1
    address = fd00::2/64
    gateway = 10.0.0.1
    gateway = fd00::1 metric 5
    route = 192.168.0.0/16 via 10.0.0.9 src 10.0.0.2 metric 7 mtu 1300
    route = fd77::/32 via fd00::9
    route = 172.30.0.0/24 table 1000
    route = 198.51.100.0/24 via 192.0.2.1 onlink
"""


def addresses(namespace, name="eth0"):
    (link,) = namespace.json("addr", "show", "dev", name)
    return {f"{a['local']}/{a['prefixlen']}": a for a in link["addr_info"]}


def routes(namespace, *words):
    return [(r["dst"], r.get("gateway"), r.get("metric")) for r in namespace.json(*words)]


# ---- apply ----

def test_everything_is_applied(run, wired):
    ns = wired()
    assert run("--", "true", config=WHOLE, net=ns).status == 0
    (link,) = ns.json("link", "show", "eth0")
    assert link["mtu"] == 1400 and "UP" in link["flags"]
    there = addresses(ns)
    assert set(there) == {"10.0.0.2/24", "10.0.0.3/24", "fd00::2/64"}
    assert there["10.0.0.3/24"]["label"] == "eth0:1"
    assert there["10.0.0.2/24"]["broadcast"] == "10.0.0.255"
    assert there["fd00::2/64"]["nodad"] and "tentative" not in there["fd00::2/64"]
    v4, v6 = routes(ns, "route"), routes(ns, "-6", "route")
    assert ("default", "10.0.0.1", None) in v4 and ("default", "fd00::1", 5) in v6
    assert ("192.168.0.0/16", "10.0.0.9", 7) in v4 and ("fd77::/32", "fd00::9", 1024) in v6
    assert routes(ns, "route", "show", "table", "1000") == [("172.30.0.0/24", None, None)]
    ours = [r for r in ns.json("route") if r["protocol"] == "200"]
    assert len(ours) == 3


def test_the_second_run_sends_nothing(run, wired, traced):
    ns = wired()
    assert run("--", "true", config=WHOLE, net=ns).status == 0
    calls = traced(ns, WHOLE, "--", "true")
    assert any("RTM_GETADDR" in call for call in calls)
    assert not writes(calls)


def test_one_send_and_one_answer_for_200_objects(wired, traced):
    ns = wired()
    lines = [f"address = 10.1.0.{n}/24" for n in range(1, 200)]
    config = "[interface eth0]\n" + "\n".join(lines)
    calls = traced(ns, config, "--", "true")
    assert len(addresses(ns)) == 199
    assert len(writes(calls)) == 1  # 199 addresses and the link
    config += "".join(f"\nroute = 10.2.{n}.0/24" for n in range(1, 202))
    calls = traced(ns, "[net]\nmode = apply\n" + config, "--", "true")
    assert len(writes(calls)) == 2
    assert len(routes(ns, "route")) == 202


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_what_ip_would_do(run, prepared, pintle, tmp_path, name):
    lines, before = CASES[name] if isinstance(CASES[name], tuple) else (CASES[name], [])
    config = "[net]\nmode = apply\n[interface eth0]\n" + lines + "\n"
    ours, theirs = prepared(before), prepared(before)
    plan = theirs.run(pintle, "-c", helpers.write_config(tmp_path, config), "--plan")
    assert plan.returncode == 0, plan.stderr
    carry_out(theirs, plan.stdout)
    done = run("--", "true", config=config, net=ours)
    assert done.status == 0, done
    same_state(ours, theirs)
    for namespace in (ours, theirs):
        again = namespace.run(pintle, "-c", tmp_path / "pintle.ini", "--plan")
        assert (again.returncode, again.stdout) == (0, ""), again.stderr


def test_an_ipv6_peer(run, wired, until):
    """Not among the cases: with `ip` the kernel may look for the link before it is up, and then
    there never is a route to the peer. In one batch it can't."""
    ns = wired()
    config = "[interface eth0]\naddress = fd00::2/128 peer fd99::9\n"
    assert run("--", "true", config=config, net=ns).status == 0
    (link,) = ns.json("addr", "show", "dev", "eth0")
    assert link["addr_info"][0]["local"] == "fd00::2"
    assert link["addr_info"][0]["address"] == "fd99::9"
    until(lambda: ("fd99::9", None, 256) in routes(ns, "-6", "route"), 5, "the peer's route")


def test_environment_and_option_go_before_the_file(run, wired):
    ns = wired()
    config = "[interface eth0]\nmtu = 1400\naddress = 10.0.0.2/24\n"
    done = run("-o", "interface eth0.address=10.0.0.7/24", "--", "true", config=config, net=ns,
               env={"PINTLE_INTERFACE_ETH0_MTU": 1300})
    assert done.status == 0, done
    assert ns.json("link", "show", "eth0")[0]["mtu"] == 1300
    assert "10.0.0.7/24" in addresses(ns)


def test_ipv6_can_be_bound_at_once(run, wired):
    config = "[interface eth0]\naddress = fd00::2/64\n"
    namespace = wired()
    for _ in range(100):
        done = run("--", sys.executable, "-ISc", BIND, "fd00::2", config=config, net=namespace)
        assert done.status == 0, done
        namespace.ip("link", "set", "eth0", "down")
        assert "fd00::2/64" not in addresses(namespace)


@pytest.mark.parametrize("selector", ["lo", "lo:inet", "127.0.0.0/8"])
def test_lo_comes_up_for_a_service(run, netns, selector):
    """Nobody gives lo its addresses but the kernel."""
    namespace = netns()
    namespace.ip("link", "set", "lo", "down")
    config = f"[net]\nmode = apply\n[service web]\nport = 80\naddress = {selector}\n"
    done = run("--", "/bin/sh", "-c", "echo $SERVICE_WEB_ADDRESS", config=config, net=namespace)
    assert done.out == "127.0.0.1\n", done


def test_a_network_with_traffic(run, netns):
    """Two ends, each configured by a pintle of its own, talk to each other at once."""
    here, there = netns(), netns()
    here.link("eth0", there)
    for ns, number in ((here, 1), (there, 2)):
        config = f"[interface eth0]\naddress = 10.0.0.{number}/24\naddress = fd00::{number}/64\n"
        assert run("--", "true", config=config, net=ns).status == 0
    for address in ("10.0.0.2", "fd00::2"):
        done = here.run("busybox", "ping", "-c", "1", "-W", "5", address)
        assert done.returncode == 0, done.stdout


def test_another_configuration_replaces_the_first(run, wired):
    ns = wired()
    first = """
        [net]
        mode = apply
        [interface eth0]
        address = 10.0.0.2/24
        address = fd00::2/64
        gateway = 10.0.0.1 metric 4
        route = 10.9.0.0/16 via 10.0.0.9
    """
    second = """
        [net]
        mode = apply
        [interface eth0]
        address = 10.0.0.2/16
        address = fd00::2/48
        gateway = 10.0.0.1 metric 5
        route = 10.9.0.0/16 via 10.0.7.7
    """
    assert run("--", "true", config=first, net=ns).status == 0
    ns.ip("route", "add", "default", "via", "10.0.0.254", "metric", "9")
    assert run("--", "true", config=second, net=ns).status == 0
    assert set(addresses(ns)) == {"10.0.0.2/16", "fd00::2/48"}
    there = routes(ns, "route")
    assert ("default", "10.0.0.1", 5) in there and ("10.9.0.0/16", "10.0.7.7", None) in there
    assert ("default", "10.0.0.1", 4) not in there
    assert ("10.9.0.0/16", "10.0.0.9", None) not in there


def test_what_others_made_stays(run, wired):
    ns = wired()
    ns.ip("addr", "add", "172.16.0.9/24", "dev", "eth0")
    ns.ip("link", "set", "eth0", "up")
    ns.ip("route", "add", "10.77.0.0/16", "via", "172.16.0.1")
    ns.ip("route", "add", "default", "via", "172.16.0.1", "metric", "9")
    config = "[net]\nmode = apply\n[interface eth0]\naddress = 10.0.0.2/24\ngateway = 10.0.0.1\n"
    assert run("--", "true", config=config, net=ns).status == 0
    assert set(addresses(ns)) == {"172.16.0.9/24", "10.0.0.2/24"}
    there = routes(ns, "route")
    assert ("10.77.0.0/16", "172.16.0.1", None) in there
    assert ("default", "172.16.0.1", 9) in there and ("default", "10.0.0.1", None) in there


# ---- failures ----

FAILING = """
    [net]
    mode = apply
    on-error = {on_error}
    [interface eth0]
    mtu = 1400
    address = fd00::2/64
    gateway = 172.16.0.1
"""


def test_a_failure_takes_back_what_was_done(run, wired):
    ns = wired()
    before = kernel_state(ns)
    done = run("--", "true", config=FAILING.format(on_error="fail"), net=ns)
    assert done.status == 69
    assert "route replace default via 172.16.0.1 dev eth0 " in done.err
    assert "pintle.ini:8" in done.err
    assert "Nexthop has invalid gateway" in done.err and "onlink" in done.err
    assert kernel_state(ns) == before


def test_the_kernels_own_sentence(run, wired):
    """Fact 4."""
    done = run("--", "true", config="[interface eth0]\nmtu = 65536\n", net=wired())
    assert done.status == 69
    assert "link set dev eth0 mtu 65536" in done.err and "mtu greater than device maximum" in done.err


def test_on_error_warn_goes_on(run, wired):
    ns = wired()
    done = run("--", "echo", "here", config=FAILING.format(on_error="warn"), net=ns)
    assert done.status == 0 and "here" in done.out
    assert "Nexthop has invalid gateway" in done.err
    assert "fd00::2/64" in addresses(ns)


def test_ipv6_switched_off(run, netns, wired):
    ns = wired()
    ns.run("sysctl", "-wq", "net.ipv6.conf.all.disable_ipv6=1", check=True)
    config = "[net]\nmode = apply\n[interface eth0]\naddress = fd00::2/64\n"
    done = run("--", "true", config=config, net=ns)
    assert done.status == 69
    assert "--sysctl net.ipv6.conf.all.disable_ipv6=0" in done.err


def test_an_interface_that_does_not_come(run, netns):
    config = "[net]\nwait = 100ms\n[interface eth7]\nup = yes\n"
    done = run("--", "true", config=config, net=netns())
    assert done.status == 69
    assert re.search(r"interface eth7 \(.*pintle\.ini:3\) is not present; present: lo", done.err)
    assert "100 ms" in done.err


# ---- waiting ----

def test_an_interface_that_comes_later(start, netns):
    ns, other = netns(), netns()
    config = "[net]\nwait = 20s\n[interface eth0]\naddress = 10.0.0.2/24\n"
    run = start("--", "ip", "addr", "show", "eth0", config=config, net=ns)
    assert run.alive() and run.executed_at
    ns.ip("link", "add", "vtemp", "type", "veth", "peer", "name", "other", "netns", other.name)
    ns.ip("link", "set", "vtemp", "name", "eth0")
    other.ip("link", "set", "other", "up")
    assert run.end() == 0, run
    assert "10.0.0.2/24" in run.out


def test_verify_waits_for_somebody_else(start, netns, wired):
    ns, other = netns(), netns()
    config = """
        [net]
        mode = verify
        wait = 20s
        [interface eth0]
        address = 10.0.0.2/24
        gateway = 10.0.0.1
    """
    run = start("--", "true", config=config, net=ns, drop=[NET_ADMIN])
    plug(ns, other)
    ns.ip("addr", "add", "10.0.0.2/24", "dev", "eth0")
    ns.ip("link", "set", "eth0", "up")
    assert run.alive()
    ns.ip("route", "add", "default", "via", "10.0.0.1")
    assert run.end() == 0, run


def test_a_stop_ends_the_wait(start, netns):
    config = "[net]\nwait = 1h\n[interface eth0]\nup = yes\n"
    run = start("--", "true", config=config, net=netns())
    helpers.until(lambda: any("socket" in leads for leads in
                              helpers.Process(run.pid).descriptors().values()), what="the wait")
    status, seconds = run.stop()
    assert status == 143 and seconds < 1


# ---- verify and leave ----

def test_verify_names_the_differences(run, wired):
    ns = wired()
    ns.ip("addr", "add", "10.0.0.9/24", "dev", "eth0")
    ns.ip("link", "set", "eth0", "up")
    ns.ip("route", "add", "default", "via", "10.0.0.254")
    before = settled(ns)
    config = textwrap.dedent("""\
        [interface eth0]
        mtu = 1400
        address = 10.0.0.2/24
        gateway = 10.0.0.1
    """)
    done = run("--", "true", config=config, net=ns, drop=[NET_ADMIN])
    assert done.status == 69
    for words in ("eth0: mtu is 1500, wanted 1400", "pintle.ini:2)",
                  "address 10.0.0.2/24 is missing, it has 10.0.0.9/24", "pintle.ini:3)",
                  "route is default via 10.0.0.254 dev eth0, wanted default via 10.0.0.1 dev eth0",
                  "pintle.ini:4)", "'[net] mode = apply'", "--cap-add NET_ADMIN"):
        assert words in done.err, words
    assert kernel_state(ns) == before


def test_verify_is_content_when_all_is_so(run, wired):
    ns = wired()
    assert run("--", "true", config=WHOLE, net=ns).status == 0
    for mode in ("auto", "verify"):
        config = WHOLE.replace("apply", mode)
        done = run("--", "true", config=config, net=ns, drop="all")
        assert done.status == 0, done


def test_verify_that_warns(run, wired):
    ns = wired()
    config = "[net]\nmode = verify\non-error = warn\nwait = 0s\n[interface eth0]\nmtu = 1400\n"
    done = run("--", "echo", "here", config=config, net=ns, drop=[NET_ADMIN])
    assert done.status == 0 and "here" in done.out
    assert "mtu is 1500, wanted 1400" in done.err


def test_apply_without_the_capability(run, wired):
    ns = wired()
    config = "[net]\nmode = apply\n[interface eth0]\nmtu = 1400\n"
    done = run("--", "true", config=config, net=ns, drop=[NET_ADMIN])
    assert done.status == 69
    assert "link set dev eth0 mtu 1400" in done.err and "--cap-add NET_ADMIN" in done.err


def test_the_hosts_network_is_left_alone(run):
    """Without the capability, for the host's sake: verifying would fail, applying would too."""
    config = "[interface lo]\naddress = 203.0.113.77/32\n"
    assert run("--", "true", config=config, net="host", drop=[NET_ADMIN]).status == 0


@pytest.mark.parametrize("there, words, says", [
    ([], "", "apply, because no interface but lo has an address yet"),
    (["addr add 10.0.0.9/24 dev eth0"], "",
     "verify, because the interfaces have addresses already; but what the file creates is made"),
    (["addr add fe80::9/64 dev eth0 nodad"], "", "apply, because no interface but lo"),
    ([], "mode = apply", "apply, because [net] mode says so"),
    ([], "mode = leave", "leave, because [net] mode says so"),
])
def test_check_says_the_mode_and_why(wired, pintle, tmp_path, there, words, says):
    ns = wired()
    for line in there:
        ns.ip(*line.split())
    path = helpers.write_config(tmp_path, f"[net]\n{words}\n[interface eth0]\nup = yes\n")
    done = ns.run(pintle, "-c", path, "--check")
    assert f"# network mode here: {says}" in done.stdout, done
    bare = ns.run("capsh", "--drop=cap_net_admin", "--", "-c", f"{pintle} -c {path} --check")
    if "no interface" in says:
        assert "# network mode here: verify, because there is no CAP_NET_ADMIN" in bare.stdout
    host = helpers.subprocess.run([pintle, "-c", path, "--check"], capture_output=True, text=True)
    if not words:
        assert "# network mode here: leave, because this is the host's network" in host.stdout


def test_status_shows_the_interfaces(start, wired, app):
    run = start("--", app, "say=up", "pause", config=WHOLE, net=wired())
    run.wait_out("up")
    told = json.loads(run.pintle("--status=json").stdout)
    assert told["network"] == "apply" and "drift" not in told
    link = {link["name"]: link for link in told["interfaces"]}["eth0"]
    assert (link["link"], link["mtu"]) == ("up", 1400)
    assert link["addresses"] == "10.0.0.2/24 10.0.0.3/24 fd00::2/64"


def test_nothing_configured_costs_nothing(netns, traced):
    calls = traced(netns(), "[app]\numask = 022\n", "--", "true")
    assert calls == []


def test_no_descriptor_of_ours_reaches_the_application(run, wired):
    done = run("--", "ls", "-l", "/proc/self/fd", config=WHOLE, net=wired())
    assert done.status == 0 and "socket" not in done.out


def test_rootless_in_a_user_namespace(run):
    config = "[interface lo]\naddress = 10.0.0.2/24\naddress = fd00::2/64\nroute = 10.5.0.0/16\n"
    done = run("--", "ip", "addr", config=config, user_namespace=True)
    assert done.status == 0, done
    assert "10.0.0.2/24" in done.out and "fd00::2/64" in done.out


def test_as_a_user_who_is_not_root(pintle, programs):
    """Fact 18. With a user namespace of his own, without help of anybody."""
    shutil.copy(pintle, programs / "pintle")
    done = helpers.subprocess.run(
        ["setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups", "unshare", "-Urnpf",
         "--mount-proc", programs / "pintle", "-o", "interface lo.address=10.0.0.2/32",
         "-o", "interface br0.kind=bridge", "-o", "interface br0.address=10.1.0.2/24",
         "-o", "interface br0.route=10.5.0.0/16", "-o", "interface br0.sysctl.ipv6.accept_ra=0",
         "--", "ip", "addr"], cwd="/", text=True, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "10.0.0.2/32" in done.stdout and "10.1.0.2/24" in done.stdout


def test_read_only_proc_sys(run, wired):
    ns = wired()
    assert run("--", "true", config=WHOLE, net=ns, read_only=True).status == 0
    assert "10.0.0.2/24" in addresses(ns)


def test_a_kernel_without_our_options(wired, pintle, tmp_path):
    """setsockopt may fail, as in LX zones: no sentences then, and all else as ever."""
    ns = wired()
    path = helpers.write_config(tmp_path, WHOLE)
    done = ns.run("strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=setsockopt", "-e",
                  "inject=setsockopt:error=ENOPROTOOPT", pintle, "-c", path, "--", "true")
    assert done.returncode == 0, done.stderr
    assert "fd00::2/64" in addresses(ns)
