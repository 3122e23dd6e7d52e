# SPDX-License-Identifier: Apache-2.0
"""[port NAME]: where the number comes from, who has it otherwise, and that nobody else gets it."""
import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest

WEB = "[port web]\ndefault = 8080\n"
AUTO = "[port web]\ndefault = auto\n"
ANY = ("0.0.0.0", "127.0.0.1", "::")

# As most servers do, it sets SO_REUSEADDR.
SERVER = """
import http.server, os, socket
class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["PORT_WEB"].encode())
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in os.environ["BIND"] else socket.AF_INET
server = Server((os.environ["BIND"], int(os.environ["PORT"])), Quiet)
print("serving", os.environ["PORT"], flush=True)
server.serve_forever()
"""


def environment(one):
    return dict(item.split("=", 1) for item in one.report_of_app()["env"])


def ports(one):
    return {k: v for k, v in environment(one).items() if "PORT" in k}


def listener(netns, address="0.0.0.0", port=8080, kind=socket.SOCK_STREAM, reuse=True):
    """A socket of this very process, in there."""
    with netns:
        one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        one.bind((address, port))
        if kind == socket.SOCK_STREAM:
            one.listen()
    return one


def can_bind(netns, port, reuse=False, address="0.0.0.0"):
    try:
        listener(netns, address, port, reuse=reuse).close()
    except OSError:
        return False
    return True


def fetch(netns, port, address="127.0.0.1"):
    with netns, socket.create_connection((address, port), 2) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return answer.split(b"\r\n\r\n")[1].decode()


# ---- where the number comes from, and where it goes ----

@pytest.mark.parametrize("env, wanted", [
    ({}, {"PORT": "8080", "PORT_WEB": "8080"}),
    ({"PORT": "81"}, {"PORT": "81", "PORT_WEB": "81"}),
    ({"PORT": "81", "NOMAD_PORT_web": "82"},
     {"PORT": "81", "NOMAD_PORT_web": "82", "PORT_WEB": "82"}),
    ({"NOMAD_PORT_web": "82", "PORT_WEB": "83"},
     {"PORT": "83", "NOMAD_PORT_web": "82", "PORT_WEB": "83"}),
    ({"PORT0": "84"}, {"PORT": "84", "PORT0": "84", "PORT_WEB": "84"}),
    ({"PORT_WEB": "tcp://10.0.0.11:80", "PORT": "81"}, {"PORT": "81", "PORT_WEB": "81"}),
    ({"PORT": "tcp://10.0.0.11:80"}, {"PORT": "8080", "PORT_WEB": "8080"}),
    ({"PORT": ""}, {"PORT": "8080", "PORT_WEB": "8080"}),
    ({"NOMAD_PORT_WEB": "82"}, {"NOMAD_PORT_WEB": "82", "PORT": "8080", "PORT_WEB": "8080"}),
    ({"PORT1": "86", "PORT": "81", "PORT0": "84"},
     {"PORT": "81", "PORT0": "84", "PORT1": "86", "PORT_WEB": "81"}),
    ({"PINTLE_PORT_WEB_DEFAULT": "85"}, {"PORT": "85", "PORT_WEB": "85"}),
])
def test_number_from_the_environment(start, app, env, wanted):
    assert ports(start("--", app, "report", config=WEB, env=env)) == wanted


# What Kubernetes gives every pod for a service called "app": APP_PORT is not the application's port.
KUBERNETES = {
    "APP_SERVICE_HOST": "10.0.0.11", "APP_SERVICE_PORT": "80", "APP_SERVICE_PORT_HTTP": "80",
    "APP_PORT": "tcp://10.0.0.11:80", "APP_PORT_80_TCP": "tcp://10.0.0.11:80",
    "APP_PORT_80_TCP_PROTO": "tcp", "APP_PORT_80_TCP_PORT": "80",
    "APP_PORT_80_TCP_ADDR": "10.0.0.11"}


@pytest.mark.parametrize("env, wanted", [
    ({}, "8080"), ({"PORT": "81"}, "81"), ({"APP_PORT": "82"}, "82")])
def test_variables_of_a_kubernetes_service(start, app, env, wanted):
    config = "[port app]\nfrom = APP_PORT, PORT\ndefault = 8080\n"
    one = start("--", app, "report", config=config, env={**KUBERNETES, **env})
    assert ports(one) == {k: v for k, v in {**KUBERNETES, **env, "PORT_APP": wanted,
                                            "PORT": wanted}.items() if "PORT" in k}


def test_variables_of_kubernetes_and_no_number(run, app):
    config = "[port app]\nfrom = APP_PORT\n"
    one = run("--", app, "say=started", config=config, env=KUBERNETES)
    assert one.status == 78 and one.out == ""
    assert "port app: APP_PORT is not set to a number, and there is no default" in one.err


def test_marathon_ports(start, app):
    """PORT is PORT0; PORT_<NAME> is that of the name."""
    env = {"HOST": "10.0.0.5", "PORT": "31000", "PORT0": "31000", "PORT1": "31001",
           "PORTS": "31000,31001", "PORT_ADMIN": "31001"}
    config = "[port web]\n[port admin]\n[port more]\nfrom = PORT1\nprotocol = udp\n"
    assert ports(start("--", app, "report", config=config, env=env)) == {
        **{k: v for k, v in env.items() if "PORT" in k}, "PORT_WEB": "31000",
        "PORT_MORE": "31001"}


def test_two_ports(start, app):
    config = WEB + "export = HTTP_PORT\n[port admin-ui]\nfrom = ADMIN, PORT1\n"
    assert ports(start("--", app, "report", config=config, env={"PORT1": "91"})) == {
        "PORT": "8080", "PORT_WEB": "8080", "HTTP_PORT": "8080", "PORT_ADMIN_UI": "91",
        "PORT1": "91"}


@pytest.mark.parametrize("value", ["80a", "-1", "65536", "8080-8090", " "])
def test_wrong_value(run, app, value):
    one = run("--", app, "say=started", config=WEB, env={"PORT": value})
    assert one.status == 78 and one.out == ""
    assert f"port web: PORT: '{value}' is not a number from 1 to 65535" in one.err


def test_no_value(run, app):
    one = run("--", app, "say=started", config="[port web]\n")
    assert one.status == 78 and one.out == ""
    assert "port web: PORT_WEB is not set" in one.err


# ---- taken ----

@pytest.mark.parametrize("address", ANY + ("::1",))
def test_taken_by_somebody_else(run, app, netns, address):
    there = netns()
    holder = listener(there, address)
    one = run("--", app, "say=started", config=WEB, net=there)
    assert one.status == 69 and one.out == ""
    assert f"port web: 8080/tcp is taken on {address} by a process not visible here (uid 0)" \
        in one.err
    holder.close()
    assert run("--", app, "say=started", config=WEB, net=there).status == 0


def test_taken_by_a_process_that_can_be_seen(start, app):
    script = f"""
        {sys.executable} -m http.server 8080 >/dev/null 2>&1 &
        until grep -q ' 0.*:1F90 .* 0A ' /proc/net/tcp; do :; done
        $0 -o 'port web.default=8080' -- {app} say=started
        echo "status $? of $!"
        kill $!
        """
    one = start("-c", script, start("--version").command[0], program="/bin/sh")
    assert one.end() == 0
    found = one.wait_out(r"status (\d+) of (\d+)")
    assert found.group(1) == "69"
    assert f"port web: 8080/tcp is taken on 0.0.0.0 by pid {found.group(2)} (python3" in one.err


def test_udp_is_taken_by_who_is_bound(run, app, netns):
    there = netns()
    config = "[port dns]\ndefault = 53\nprotocol = udp\n"
    tcp = listener(there, port=53)
    assert run("--", app, "exit=0", config=config, net=there).status == 0
    udp = listener(there, port=53, kind=socket.SOCK_DGRAM)
    one = run("--", app, "exit=0", config=config, net=there)
    assert one.status == 69 and "port dns: 53/udp is taken on 0.0.0.0 by a process" in one.err
    tcp.close()
    udp.close()


def test_the_next_free_one(start, app, netns):
    there = netns()
    holder = listener(there, "127.0.0.1")
    one = start("--", app, "report", "pause", config=WEB + "taken = next\n", net=there)
    assert ports(one)["PORT"] == "8081"
    assert not can_bind(there, 8081)
    holder.close()


@pytest.mark.parametrize("reuse", [True, False])
def test_time_wait_does_not_count(run, app, netns, reuse):
    there = netns()
    server = listener(there, reuse=reuse)
    with there:
        client = socket.create_connection(("127.0.0.1", 8080))
    accepted, _ = server.accept()
    accepted.close()
    server.close()
    assert client.recv(1) == b""
    client.close()
    assert not can_bind(there, 8080)
    assert run("--", app, "exit=0", config=WEB, net=there).status == 0
    assert run("--", app, "exit=0", config=WEB + "reserve = yes\n", net=there).status == 0


# ---- held ----

@pytest.mark.parametrize("address", ANY)
def test_auto_is_held_and_can_be_served_on(start, netns, address):
    there = netns()
    one = start("--", sys.executable, "-c", SERVER, config=AUTO, net=there, env={"BIND": address})
    port = int(one.wait_out(r"^serving (\d+)").group(1))
    assert 20000 <= port <= 32000
    assert fetch(there, port) == str(port)
    assert not can_bind(there, port)
    os.kill(one.application().pid, signal.SIGKILL)
    assert one.end() == 137
    assert can_bind(there, port, reuse=True)


def test_held_while_the_application_does_not_listen(start, app, netns):
    there = netns()
    one = start("--", app, "report", "pause", config=AUTO, net=there)
    port = int(ports(one)["PORT"])
    for address in ANY:
        assert not can_bind(there, port, address=address)
    with there, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 2)
    assert one.stop() == (143, pytest.approx(0, abs=1))
    assert can_bind(there, port)


def test_not_held_for_an_application_without_so_reuseaddr(start, app, netns):
    there = netns()
    one = start("--", app, "report", "pause", config=AUTO + "reserve = no\n", net=there)
    port = int(ports(one)["PORT"])
    assert can_bind(there, port)


def test_a_fixed_one_is_not_held(start, app, netns):
    there = netns()
    start("--", app, "report", "pause", config=WEB, net=there).report_of_app()
    assert can_bind(there, 8080)


def test_the_application_inherits_no_descriptor(start, app):
    one = start("--", app, "report", config=AUTO + "[port dns]\ndefault = auto\nprotocol = udp\n")
    assert sorted(map(int, one.report_of_app()["fds"])) == [0, 1, 2]


def test_without_ports_nothing_is_asked_of_the_kernel(pintle, app, tmp_path):
    trace = tmp_path / "trace"
    subprocess.run(["strace", "-f", "-e", "trace=socket,bind", "-o", trace, pintle, "-c",
                    "/dev/null", "-o", "control.socket=none", "--", app, "exit=0"], check=True)
    assert "socket(" not in trace.read_text() and "bind(" not in trace.read_text()


# ---- siblings on one network ----

@contextlib.contextmanager
def siblings_at_once(pintle, there, count, settings):
    """Yields them when all have been told to start; settings(i): the i-th one's [port web]."""
    stdin, gun = os.pipe()
    wait = 'echo ready; read shot; exec "$@"'
    serve = "echo $PORT; exec sleep 100"
    siblings = []
    try:
        for i in range(count):
            options = [word for item in settings(i) for word in ("-o", f"port web.{item}")]
            siblings.append(there.popen(
                "sh", "-c", wait, "sh", pintle, *options, "-o", "control.socket=none", "--",
                "sh", "-c", serve, stdin=stdin, stdout=subprocess.PIPE, text=True))
        for one in siblings:
            assert one.stdout.readline() == "ready\n"
        os.close(gun)  # the end of file is the shot
        yield siblings
    finally:
        os.close(stdin)
        for one in siblings:
            one.terminate()
        for one in siblings:
            one.wait(20)
            one.stdout.close()


@pytest.mark.parametrize("settings", [
    ["protocol=tcp"],
    ["protocol=tcp", "reserve=no"],
    ["protocol=udp"],
    ["protocol=tcp", "handover=socket"],
    ["protocol=udp", "handover=socket"],
], ids=" ".join)
def test_a_hundred_at_once(pintle, netns, settings):
    """As many numbers as there are siblings: each is given out exactly once."""
    settings = ["default=auto", "range=21000-21099", *settings]
    with siblings_at_once(pintle, netns(), 100, lambda i: settings) as siblings:
        numbers = sorted(int(one.stdout.readline()) for one in siblings)
        assert numbers == list(range(21000, 21100))


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_hundred_that_bind_different_addresses(pintle, netns, protocol):
    """A number is given out once also where the addresses would not collide."""
    addresses = [[], ["bind=127.0.0.1"], ["bind=0.0.0.0"], ["bind=::1"]]

    def settings(i):
        return ["default=auto", "range=21000-21099", f"protocol={protocol}", *addresses[i % 4]]
    with siblings_at_once(pintle, netns(), 100, settings) as siblings:
        assert len({one.stdout.readline() for one in siblings}) == 100


def test_a_fixed_one_is_given_to_one_of_a_hundred(pintle, netns):
    with siblings_at_once(pintle, netns(), 100, lambda i: ["default=8080"]) as siblings:
        losers = [one for one in siblings if one.stdout.readline() != "8080\n"]
        assert len(losers) == 99
        assert {one.wait(20) for one in losers} == {69}


def test_a_sibling_that_is_slow_to_listen_is_seen(start, run, app, netns):
    there = netns()
    first = start("--", app, "say=up", "pause", config=WEB, net=there)
    first.wait_out("up")
    one = run("--", app, "say=started", config=WEB, net=there)
    assert one.status == 69 and one.out == ""
    assert "port web: 8080/tcp is taken on :: by a pintle not visible here" in one.err
    first.stop()
    assert run("--", app, "exit=0", config=WEB, net=there).status == 0
