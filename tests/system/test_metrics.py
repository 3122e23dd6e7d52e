# SPDX-License-Identifier: Apache-2.0
"""[metrics]: scraped as Prometheus does it, and read as strictly as its format is written."""
import os
import re
import signal
import socket

import pytest

from helpers import until

PORT = 19090
LISTEN = f"[metrics]\nlisten = 127.0.0.1:{PORT}\n"
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)'
                    r'(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"\})? (\d+)')


def ask(net, request, host="127.0.0.1", port=PORT):
    """The whole answer to these bytes, until the end of the connection."""
    with net:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as client:
            client.settimeout(5)
            client.connect((host, port))
            client.sendall(request)
            answer = b""
            while piece := client.recv(65536):
                answer += piece
    return answer


def scrape(net, **where):
    """name -> {labels: value}. Fails for what is not version 0.0.4 of the text format."""
    answer = ask(net, b"GET /metrics HTTP/1.1\r\nHost: x\r\nUser-Agent: Prometheus/2.42.0\r\n"
                      b"Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"
                      b"X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n", **where)
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    fields = dict(field.split(": ", 1) for field in fields)
    assert status == "HTTP/1.1 200 OK"
    assert fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert int(fields["Content-Length"]) == len(body)
    return parse(body.decode())


def parse(text):
    """Each family once: its help, its type, then its samples, none of them twice."""
    families, name, kind = {}, None, None
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in families and re.fullmatch(r"# HELP pintle_[a-z_]+ .+\.", line)
            families[name], kind = {}, None
        elif line.startswith("# TYPE "):
            assert kind is None and line.split(" ")[2] == name and not families[name]
            kind = line.split(" ")[3]
            assert kind == ("counter" if name.endswith("_total") else "gauge")
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample and sample[1] == name and kind, line
            assert sample[2] not in families[name]
            families[name][sample[2]] = int(sample[3])
    assert all(families.values())
    return families


@pytest.fixture
def net(netns):
    return netns()


def running(start, app, config, net, **options):
    run = start("--", app, "say=up", "pause", config=config, net=net, **options)
    run.wait_out("up")
    return run


def wait_for(net, family, labels, value):
    def look():
        try:
            return scrape(net).get(family, {}).get(labels) == value
        except ConnectionRefusedError:
            return False
    return until(look, what=f"{family}{labels} {value}")


def test_scrape(start, app, net):
    run = running(start, app, LISTEN, net)
    wait_for(net, "pintle_phase", '{phase="running"}', 1)
    told = scrape(net)
    assert told["pintle_up"] == {None: 1}
    assert sum(told["pintle_phase"].values()) == 1
    assert told["pintle_application_restarts_total"] == {None: 0}
    assert told["pintle_application_start_time_seconds"][None] > 1.7e9
    assert "pintle_check_passing" not in told and "pintle_registry_requests_total" not in told
    assert run.agent().uid == 65534
    assert run.stop()[0] == 143


def test_everything_has_a_sample(start, app, net, tmp_path):
    source = tmp_path / "in"
    source.write_text("{{PORT_WEB}}")
    config = LISTEN + f'[template {tmp_path}/a"b]\nsource = {source}\n' \
        "[port web]\ndefault = 18080\n[check none]\ntcp = yes\n[check exec]\nexec = true\n" \
        f"[discovery]\nregistry = file\naddress = {tmp_path}/registry\n" \
        "[service web]\naddress = static:192.0.2.1\ninitial = passing\n"
    (tmp_path / "registry").mkdir(mode=0o777)
    (tmp_path / "registry").chmod(0o777)
    run = running(start, app, config, net)
    wait_for(net, "pintle_service_listed", '{service="web"}', 1)
    wait_for(net, "pintle_check_passing", '{check="exec"}', 1)
    told = scrape(net)
    assert told["pintle_check_passing"]['{check="none"}'] == 0
    template = f'{{template="{tmp_path}/a\\"b"}}'
    assert told["pintle_template_renders_total"] == {template: 1}
    assert told["pintle_template_writes_total"] == {template: 1}
    assert told["pintle_template_failures_total"] == {template: 0}
    assert "pintle_registry_failures_total" in told
    assert run.stop()[0] == 143


def test_restarts_are_counted(start, app, net):
    config = LISTEN + "[app]\nrestart = always\nrestart-delay = 10ms\n"
    run = running(start, app, config, net)
    wait_for(net, "pintle_application_restarts_total", None, 0)
    os.kill(run.application().pid, signal.SIGKILL)
    wait_for(net, "pintle_application_restarts_total", None, 1)
    wait_for(net, "pintle_phase", '{phase="running"}', 1)
    assert run.stop()[0] == 143


@pytest.mark.parametrize("listen, host", [
    (PORT, "127.0.0.1"), (PORT, "::1"), (f"[::1]:{PORT}", "::1"), (f"0.0.0.0:{PORT}", "127.0.0.1"),
], ids=["any-4", "any-6", "one-6", "all-4"])
def test_addresses(start, app, net, listen, host):
    running(start, app, f"[metrics]\nlisten = {listen}\n", net)

    def look():
        try:
            return scrape(net, host=host)
        except ConnectionRefusedError:
            return None
    assert until(look, what="an answer")["pintle_up"]


def test_address_in_use_is_a_warning(start, app, net):
    with net:
        server = socket.create_server(("127.0.0.1", PORT))
    with server:
        run = running(start, app, LISTEN, net)
        run.wait_err(f"pintle: warning: metrics: listening on port {PORT}: Address (already )?in use")
        assert run.alive
        assert run.stop()[0] == 143


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET / HTTP/1.1\r\n\r\n", b"404 Not Found"),
    (b"GET /metricss HTTP/1.1\r\n\r\n", b"404 Not Found"),
    (b"POST /metrics HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", b"405 Method Not Allowed"),
    (b"GET /metrics\r\n\r\n", b"400 Bad Request"),
    (b"\r\n\r\n", b"400 Bad Request"),
    (b"GET /metrics HTTP/2.0\r\n\r\n", b"400 Bad Request"),
    (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 3000 + b"\r\n\r\n", b"431 "),
    (b"GET /metrics?x=1 HTTP/1.0\n\n", b"200 OK"),
], ids=["root", "other", "post", "no-version", "empty", "version", "long", "query"])
def test_requests(start, app, net, request_bytes, status):
    running(start, app, LISTEN, net)
    wait_for(net, "pintle_up", None, 1)
    assert ask(net, request_bytes).startswith(b"HTTP/1.1 " + status)


def test_head_has_no_body(start, app, net):
    running(start, app, LISTEN, net)
    wait_for(net, "pintle_up", None, 1)
    answer = ask(net, b"HEAD /metrics HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n")


def test_whoever_says_nothing_is_dismissed(start, app, net):
    """More than it serves at once; who comes then waits for its turn."""
    running(start, app, LISTEN, net)
    wait_for(net, "pintle_up", None, 1)
    with net:
        silent = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(6)]
    silent[0].sendall(b"GET /metrics HTTP/1.1\r\n")
    silent[-1].settimeout(30)
    assert silent[-1].recv(1) == b""
    assert scrape(net)["pintle_up"]
    for one in silent:
        one.close()
