# SPDX-License-Identifier: Apache-2.0
"""https, with a real Consul and with servers that are not what they should be: who can't prove who
he is gets no token."""
import os
import re
import signal
import socket
import ssl
from pathlib import Path

import pytest

from helpers import until
from helpers_consul import Consul
from helpers_etcd import Etcd
from helpers_tls import EC, EC_384, RSA, Authority, Certificate, Relay, Server
from test_watch import EtcdRegistry

READY = ("quit=15,0,0", "say=up", "pause")
TOKEN = "open-sesame"


def settings(address, discovery="", service=""):
    return (f"[discovery]\nregistry = consul\naddress = {address}\ntoken = {TOKEN}\n{discovery}\n"
            f"[service web]\nport = 8080\naddress = static:10.9.8.7\nid = web-1\nttl = 5s\n"
            f"drain = 0\n{service}\n[log]\nlevel = info\n")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def good(authority):
    return authority.sign("good", "DNS:localhost,IP:127.0.0.1,IP:::1")


@pytest.fixture(scope="session")
def secure_consul(consul_program, authority, good):
    """A Consul that speaks https as well, on https_port."""
    consul = Consul(consul_program, settings=[
        "ports { https = {port} }", f'ca_file = "{authority.path}"',
        f'cert_file = "{good.path}"', f'key_file = "{good.key}"'])
    yield consul
    consul.close()


@pytest.fixture
def https(secure_consul):
    secure_consul.clear()
    return secure_consul


@pytest.fixture
def serve():
    """serve(certificate, ...): a helpers_tls.Server; relay(port, ...): a Relay."""
    made = []

    def make(*arguments, kind=Server, **options):
        made.append(kind(*arguments, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()


def begin(start, app, config, **options):
    run = start("--", app, *READY, net="host", config=config, **options)
    run.wait_out("^up$")
    return run


def end(run):
    run.signal(signal.SIGTERM)
    assert run.end() == 0


# ---- Consul ----

@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_consul(start, app, https, authority, host):
    run = begin(start, app, settings(f"https://{host}:{https.https_port}",
                                     f"ca = {authority.path}"))
    https.wait_healthy("web")
    run.wait_err(f"registered in consul at {host}:{https.https_port} as web-1")
    end(run)
    assert "web-1" not in https.services()
    assert "warning" not in run.err


def test_consul_by_its_variables(start, app, https, authority):
    env = {"CONSUL_HTTP_ADDR": f"localhost:{https.https_port}", "CONSUL_HTTP_SSL": "true",
           "CONSUL_CACERT": str(authority.path)}
    end_of = settings("x").split("\n", 3)[3]
    run = begin(start, app, f"[discovery]\nregistry = consul\n{end_of}", env=env)
    https.wait_healthy("web")
    end(run)


def test_heartbeats_over_one_connection(start, app, https, authority, serve):
    relay = serve(https.https_port, kind=Relay)
    run = begin(start, app, settings(f"https://localhost:{relay.port}", f"ca = {authority.path}"))
    https.wait_healthy("web")
    seen = len(relay.sent)
    until(lambda: len(relay.sent) > seen + 300, 12, "some heartbeats")
    assert len(relay.sent) < seen + 1400, "a handshake for each"
    assert https.healthy("web") and TOKEN.encode() not in relay.sent
    end(run)


def test_consul_that_restarts(start, app, https, authority):
    run = begin(start, app, settings(f"https://localhost:{https.https_port}",
                                     f"ca = {authority.path}"))
    https.wait_healthy("web")
    https.restart()
    https.wait_healthy("web", timeout=15)
    end(run)


@pytest.mark.parametrize("known", [True, False])
def test_consul_that_wants_to_know_who_we_are(start, app, consul_program, authority, good, known):
    ours = authority.sign("ours")
    consul = Consul(consul_program, settings=[
        "ports { https = {port} }", "verify_incoming_https = true",
        f'ca_file = "{authority.path}"', f'cert_file = "{good.path}"', f'key_file = "{good.key}"'])
    try:
        us = f"certificate = {ours.path}\nkey = {ours.key}\n" if known else ""
        run = begin(start, app, settings(f"https://localhost:{consul.https_port}",
                                         f"ca = {authority.path}\n{us}"))
        if known:
            consul.wait_healthy("web")
        else:
            run.wait_err("certificate; trying again|wants one; trying again|of ours; trying again")
            assert "web-1" not in consul.services()
        end(run)
    finally:
        consul.close()


def test_a_watch(start, app, https, authority):
    """Its answers are of many records, and it waits on a connection of its own."""
    for n in range(300):
        https.request("PUT", "/v1/agent/service/register", {
            "Name": "db", "ID": f"db-{n}", "Address": f"10.0.{n // 200}.{n % 200}", "Port": 5432,
            "Meta": {"text": 200 * "x"}})
    config = settings(f"https://localhost:{https.https_port}", f"ca = {authority.path}")
    run = begin(start, app, f"{config}[watch db]\n")
    run.wait_err("watch db: 300 instances", timeout=20)
    https.request("PUT", "/v1/agent/service/deregister/db-7")
    run.wait_err("watch db: 299 instances", timeout=10)
    print(f"agent's RssAnon with two connections: {anonymous(run.agent().pid)} kB")
    assert not re.search("warning", run.err)
    end(run)


# ---- etcd ----

@pytest.fixture
def secure_etcd(etcd_program, good):
    etcd = Etcd(etcd_program, good)
    yield etcd
    etcd.close()


@pytest.mark.parametrize("by_variables", [False, True])
def test_etcd(start, app, secure_etcd, authority, by_variables):
    rest = "[service web]\nport = 8080\naddress = static:10.9.8.7\nid = web-1\ndrain = 0\n"
    where, env = f"address = https://{secure_etcd.secure}\nca = {authority.path}\n", {}
    if by_variables:
        where, env = "", {"ETCDCTL_ENDPOINTS": f"https://{secure_etcd.secure}",
                          "ETCDCTL_CACERT": str(authority.path)}
    run = begin(start, app, f"[discovery]\nregistry = etcd\nlayout = plain\n{where}{rest}", env=env)
    until(lambda: "/services/web/web-1" in secure_etcd.keys(), 5, "its key")
    end(run)
    assert not secure_etcd.keys()


def test_etcd_that_wants_to_know_who_we_are(start, app, etcd_program, authority, good):
    """By settings and variables of both kinds."""
    ours = authority.sign("client")
    etcd = Etcd(etcd_program, good, clients=authority)
    try:
        config = (f"[discovery]\nregistry = etcd\naddress = https://{etcd.secure}\n"
                  f"ca = {authority.path}\n[service web]\nport = 8080\n"
                  "address = static:10.9.8.7\nid = web-1\ndrain = 0\n")
        stranger = begin(start, app, config)
        stranger.wait_err("warning: service web: .*certificate")
        assert not etcd.keys()
        end(stranger)
        run = begin(start, app, config, env={"ETCDCTL_CERT": str(ours.path),
                                             "ETCDCTL_KEY": str(ours.key)})
        until(etcd.keys, 5, "its key")
        end(run)
    finally:
        etcd.close()


def test_etcd_signed_by_somebody_else(start, app, secure_etcd, tmp_path):
    other = Authority(tmp_path)
    run = begin(start, app, "[discovery]\nregistry = etcd\n"
                f"address = https://{secure_etcd.secure}\nca = {other.path}\n"
                "[service web]\nport = 8080\naddress = static:10.9.8.7\ndrain = 0\n")
    run.wait_err("warning: service web: .*certificate")
    assert not secure_etcd.keys()
    run.stop()


def test_a_watch_of_etcd(start, secure_etcd, authority):
    registry = EtcdRegistry(secure_etcd)
    registry.add("a", "10.0.0.1", 80)
    run = start("--", "/bin/sh", "-c", "echo $RNG_ADDRESSES.; exec sleep 100", net="host", config=(
        f"[discovery]\nregistry = etcd\naddress = https://{secure_etcd.secure}\n"
        f"ca = {authority.path}\n[watch rng]\non-change = exec sh -c 'echo $RNG_ADDRESSES.'\n"))
    run.wait_out(r"^10.0.0.1:80\.$")
    registry.add("b", "10.0.0.2", 80)
    run.wait_out(r"^10.0.0.1:80,10.0.0.2:80\.$")


# ---- what is accepted ----

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@pytest.mark.parametrize("kind", [EC, EC_384, RSA], ids=["p256", "p384", "rsa"])
@pytest.mark.parametrize("version", VERSIONS)
def test_versions_and_keys(start, app, serve, tmp_path, version, kind):
    """Of the server and of ourselves."""
    authority = Authority(tmp_path / "a", kind=kind)
    server = serve(authority.sign("s", "DNS:localhost", kind), clients=authority,
                   version=VERSIONS[version])
    ours = authority.sign("ours", kind=kind)
    run = begin(start, app, settings(
        f"https://localhost:{server.port}",
        f"ca = {authority.path}\ncertificate = {ours.path}\nkey = {ours.key}"))
    run.wait_err("registered in consul")
    assert server.names == ["localhost"]
    assert f"X-Consul-Token: {TOKEN}" in server.requests[0]
    end(run)
    until(lambda: server.ends, 5, "its end")
    assert set(server.ends) == {f"TLSv{version}"}


CIPHERS = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
           "ECDHE-ECDSA-CHACHA20-POLY1305"]


@pytest.mark.parametrize("cipher", CIPHERS)
def test_ciphers(start, app, serve, authority, good, cipher):
    server = serve(good, version=VERSIONS["1.2"])
    server.context.set_ciphers(cipher)
    run = begin(start, app, settings(f"https://localhost:{server.port}",
                                     f"ca = {authority.path}"))
    run.wait_err("registered in consul")
    end(run)


def test_an_intermediate_authority(start, app, serve, authority):
    middle = authority.sign("middle", authority=True)
    lower = Authority.__new__(Authority)
    lower.folder, lower.path, lower.key = authority.folder, middle.path, middle.key
    leaf = lower.sign("leaf", "DNS:localhost")
    leaf.path.write_text(leaf.path.read_text() + middle.path.read_text())
    server = serve(leaf)
    run = begin(start, app, settings(f"https://localhost:{server.port}",
                                     f"ca = {authority.path}"))
    run.wait_err("registered in consul")
    end(run)


def test_ipv6_by_its_address(start, app, serve, authority, good):
    server = serve(good, family=socket.AF_INET6)
    run = begin(start, app, settings(f"https://[::1]:{server.port}", f"ca = {authority.path}"))
    run.wait_err("registered in consul")
    assert server.names == [None], "an address is not to be sent as a name"
    end(run)


def test_a_server_name(start, app, serve, authority):
    server = serve(authority.sign("named", "DNS:server.dc1.consul"))
    run = begin(start, app, settings(
        f"https://127.0.0.1:{server.port}",
        f"ca = {authority.path}\nserver-name = server.dc1.consul"))
    run.wait_err("registered in consul")
    assert server.names == ["server.dc1.consul"]
    end(run)


def test_no_verification(start, app, serve, tmp_path):
    server = serve(Authority(tmp_path / "other").sign("any", "DNS:elsewhere"))
    run = begin(start, app, settings(f"https://localhost:{server.port}", "verify = no"))
    run.wait_err("registered in consul")
    run.wait_err(f"warning: discovery: verify = no: whoever answers at localhost:{server.port}")
    end(run)


def test_a_folder_of_authorities(start, app, serve, authority, good, tmp_path):
    folder = tmp_path / "authorities"
    Authority(folder, "other")
    (folder / "mine.pem").write_text("# Some text before.\n" + authority.path.read_text())
    (folder / "more").mkdir()
    (folder / "README").write_text("no certificate\n")
    server = serve(good)
    env = {"CONSUL_CAPATH": str(folder), "CONSUL_HTTP_SSL": "1"}
    run = begin(start, app, settings(f"localhost:{server.port}"), env=env)
    run.wait_err("registered in consul")
    end(run)


def test_files_that_only_root_can_read(start, app, serve, authority, good, tmp_path):
    """Also for an agent that was started again."""
    ours = authority.sign("secret")
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    for path in (authority.path, ours.path, ours.key):
        (folder / path.name).write_bytes(path.read_bytes())
        (folder / path.name).chmod(0o400)
    server = serve(good, clients=authority)
    run = begin(start, app, settings(
        f"https://localhost:{server.port}", f"ca = {folder / authority.path.name}\n"
        f"certificate = {folder / ours.path.name}\nkey = {folder / ours.key.name}"))
    run.wait_err("registered in consul")
    count = len(server.requests)
    os.kill(run.agent().pid, signal.SIGKILL)
    until(lambda: len(server.requests) > count, 10, "the next agent's requests")
    assert run.agent().uid == 65534
    opened = run.agent().descriptors().values()
    assert not [path for path in opened if path.endswith((".key", f"/{ours.path.name}"))], opened
    end(run)


def test_a_big_bundle(start, app, serve, authority, good, tmp_path):
    """Of many authorities, among them broken ones and text, the right one is the last."""
    bundle = tmp_path / "bundle.pem"
    other = Authority(tmp_path / "other", "other").path.read_text()
    namesake = Authority(tmp_path / "namesake").path.read_text()
    broken = "-----BEGIN CERTIFICATE-----\n" + "A" * 20000 + "\n"
    bundle.write_text(other * 200 + namesake + broken + "-----BEGIN CERTIFICATE-----\n!!\n" +
                      "-----END CERTIFICATE-----\nIssuer: CN=x\n" + authority.path.read_text())
    server = serve(good)
    run = begin(start, app, settings(f"https://localhost:{server.port}", f"ca = {bundle}"))
    run.wait_err("registered in consul")
    end(run)


# ---- what is refused ----

def refused(start, app, server, discovery, reason, host="localhost"):
    """It is refused again and again, the application runs, and no byte of a request was sent."""
    run = begin(start, app, settings(f"https://{host}:{server.port}", discovery))
    run.wait_err(f"registering consul at {re.escape(host)}:{server.port}: {reason}; trying again|"
                 f"{reason}; trying again")
    until(lambda: len(server.ends) >= 2, 15, "a second try")
    end(run)
    assert not server.requests
    return run


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("what, names, times, reason", [
    ("expired", "DNS:localhost", {"start": -86400, "end": -3600}, "it has expired"),
    ("early", "DNS:localhost", {"start": 3600}, "it is not valid yet"),
    ("name", "DNS:consul.example", {}, "is not for localhost"),
    ("wild", "DNS:*.example", {}, "is not for localhost"),
    ("client", "DNS:localhost", {"usage": "clientAuth"}, "not made for a server"),
])
def test_wrong_certificates(start, app, serve, authority, version, what, names, times, reason):
    certificate = authority.sign(f"{what}-{version}", names, **times)
    server = serve(certificate, version=VERSIONS[version])
    refused(start, app, server, f"ca = {authority.path}", f".*{reason}.*")


def test_an_address_that_is_not_in_the_certificate(start, app, serve, authority):
    server = serve(authority.sign("127.0.0.1", "DNS:localhost,DNS:127.0.0.1,IP:127.0.0.2"))
    refused(start, app, server, f"ca = {authority.path}",
            "its certificate is not for 127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize("version", VERSIONS)
def test_signed_by_somebody_else(start, app, serve, authority, tmp_path, version):
    """Also if that authority has the same name."""
    server = serve(Authority(tmp_path / "other").sign("x", "DNS:localhost"),
                   version=VERSIONS[version])
    refused(start, app, server, f"ca = {authority.path}", ".*not signed by anybody trusted")


def test_signed_by_itself(start, app, serve, authority, tmp_path):
    server = serve(Authority(tmp_path / "self", "localhost"))
    refused(start, app, server, f"ca = {authority.path}", ".*not signed by anybody trusted")


def test_signed_by_who_is_no_authority(start, app, serve, authority, tmp_path):
    """A server's own certificate is not good for making others."""
    leaf = authority.sign("leaf", "DNS:leaf")
    forger = Authority.__new__(Authority)
    forger.folder, forger.path, forger.key = tmp_path, leaf.path, leaf.key
    forged = forger.sign("forged", "DNS:localhost")
    forged.path.write_text(forged.path.read_text() + leaf.path.read_text())
    refused(start, app, serve(forged), f"ca = {authority.path}", ".*not signed by anybody trusted")


def test_the_images_own_authorities_do_not_do(start, app, serve, good):
    refused(start, app, serve(good), "", ".*not signed by anybody trusted")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions(start, app, serve, authority, good):
    server = serve(good)
    server.context.minimum_version = ssl.TLSVersion.TLSv1
    server.context.maximum_version = ssl.TLSVersion.TLSv1_1
    server.context.set_ciphers("ALL:@SECLEVEL=0")
    refused(start, app, server, f"ca = {authority.path}", "it has neither TLS 1.2 nor 1.3")


def test_a_server_that_does_not_know_us(start, app, serve, authority, good, tmp_path):
    """By TLS 1.3 it says so after it has proved who it is itself: what was sent meanwhile only it
    could read."""
    ours = authority.sign("stranger")
    server = serve(good, clients=Authority(tmp_path / "others", "others"),
                   version=VERSIONS["1.2"])
    refused(start, app, server, f"ca = {authority.path}\ncertificate = {ours.path}\n"
            f"key = {ours.key}", "it does not know who signed our certificate")


# ---- bytes ----

def test_byte_by_byte(start, app, https, authority, serve):
    relay = serve(https.https_port, kind=Relay, piece=1)
    run = begin(start, app, settings(f"https://localhost:{relay.port}", f"ca = {authority.path}"))
    https.wait_healthy("web", timeout=20)
    end(run)


@pytest.mark.parametrize("version", VERSIONS)
def test_cut_at_any_byte(start, app, serve, authority, good, version):
    """In the middle of a record's head, of the server's certificate, before its end."""
    server = serve(good, version=VERSIONS[version])
    cuts = [0, 3, 5, 60, 700]
    relay = serve(server.port, kind=Relay, cuts=cuts)
    run = begin(start, app, settings(f"https://localhost:{relay.port}", f"ca = {authority.path}"))
    run.wait_err("it closed the connection|reset", timeout=10)
    run.wait_err("registered in consul", timeout=30)
    assert not relay.cuts
    end(run)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x03",
                                  b"\x16\x03\x03\xff\xff" + 70000 * b"x", os.urandom(5000)],
                         ids=["nothing", "http", "part", "too-long", "noise"])
def test_who_does_not_speak_tls_sees_no_token(start, app, authority, said):
    got = b""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        run = begin(start, app, settings(f"https://localhost:{listener.getsockname()[1]}",
                                         f"ca = {authority.path}\ntimeout = 1s"))
        for _ in range(2):
            connection, _ = listener.accept()
            connection.settimeout(20)
            got += connection.recv(65536)
            try:
                connection.sendall(said)
                while part := connection.recv(65536):
                    got += part
            except ConnectionError:
                pass
            connection.close()
        run.wait_err("trying again")
        end(run)
    assert got and TOKEN.encode() not in got and b"HTTP" not in got


def test_big_answers_in_big_records(start, app, serve, authority, good):
    """More than what is received at once, in one record, so that no event tells of the rest."""
    body = b"x" * 16000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 16000\r\n\r\n"
    server = serve(good, answer=lambda request: head + body)
    run = begin(start, app, settings(f"https://localhost:{server.port}",
                                     f"ca = {authority.path}"))
    run.wait_err("registered in consul")
    until(lambda: len(server.requests) > 1, 5, "its first heartbeat")
    assert not server.ends, "over the same connection"
    end(run)


def test_a_chain_without_end(start, app, serve, authority, good, tmp_path):
    """A server may send what it likes: the agent's memory has its bounds."""
    chain = tmp_path / "chain.pem"
    chain.write_text(good.path.read_text() + authority.path.read_text() * 300)
    server = serve(Certificate(chain, good.key))
    run = refused(start, app, server, f"ca = {authority.path}", "TLS failed .*")
    assert not re.search("agent: it", run.err), "it died"


# ---- before anything is started ----

@pytest.mark.parametrize("discovery, says", [
    ("ca = /nowhere/ca.pem", "/nowhere/ca.pem: No such file"),
    ("ca = /dev/null", "/dev/null: it is no file"),
    ("certificate = /etc/passwd", "there is only a certificate"),
    ("key = /etc/passwd", "there is only a key"),
    ("certificate = /etc/nothing\nkey = /etc/passwd", "/etc/nothing: No such file"),
])
def test_files_that_are_none(run, app, discovery, says):
    one = run("--", app, "say=up", config=settings("https://127.0.0.1:1", discovery))
    assert one.status == 69 and says in one.err and "up" not in one.out


@pytest.mark.parametrize("variable", ["CONSUL_HTTP_SSL", "CONSUL_HTTP_SSL_VERIFY"])
def test_variables_that_say_neither(run, app, variable):
    one = run("--", app, "say=up", config=settings("localhost:1"), env={variable: "perhaps"})
    assert one.status == 69 and f"{variable}: 'perhaps' is neither true nor false" in one.err


@pytest.mark.parametrize("swap, says", [
    ("key", "it is not the certificate's key"), ("text", "it is no private key in PEM form"),
    ("certificate", "it is no certificate in PEM form")])
def test_files_with_something_else(start, app, serve, authority, good, tmp_path, swap, says):
    ours, other = authority.sign("ours-1"), authority.sign("ours-2")
    text = tmp_path / "text.pem"
    text.write_text("nothing\n")
    pair = {"key": (ours.path, other.key), "text": (ours.path, text),
            "certificate": (text, ours.key)}[swap]
    server = serve(good)
    run = begin(start, app, settings(
        f"https://localhost:{server.port}",
        f"ca = {authority.path}\ncertificate = {pair[0]}\nkey = {pair[1]}"))
    run.wait_err(f"{says}.*trying again")
    assert not server.requests
    end(run)


# ---- memory ----

def anonymous(pid):
    return int(re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


def test_memory(start, app, https, authority):
    """What a connection costs the agent; it is printed."""
    plain = begin(start, app, settings(https.address))
    https.wait_healthy("web")
    secure = begin(start, app, settings(f"https://localhost:{https.https_port}",
                                        f"ca = {authority.path}").replace("web-1", "web-2"))
    https.wait_healthy("web", 2)
    secure.wait_err("registered")
    sizes = [anonymous(run.agent().pid) for run in (plain, secure)]
    print(f"agent's RssAnon: {sizes[0]} kB, with TLS {sizes[1]} kB")
    assert sizes[1] - sizes[0] < 128
    end(plain)
    end(secure)
