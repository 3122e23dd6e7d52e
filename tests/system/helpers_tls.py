# SPDX-License-Identifier: Apache-2.0
"""Certificates made by openssl, and servers that show what TLS can meet."""
import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time

EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
EC_384 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")
RSA = ("rsa:2048",)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Certificate:
    """path: the certificate and who signed it; key: its private key; both root's."""

    def __init__(self, path, key):
        self.path = path
        self.key = key


class Authority:
    """Signs certificates in a folder; path: its own."""

    def __init__(self, folder, name="authority", kind=EC):
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.path = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", *kind, "-nodes", "-days", 2, "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.path)

    def sign(self, name, names="", kind=EC, start=None, end=None, usage="serverAuth,clientAuth",
             authority=False):
        """names: "DNS:localhost,IP:127.0.0.1"; start and end: seconds from now."""
        path, key, request, settings, listed = (self.folder / f"{name}.{suffix}" for suffix in (
            "pem", "key", "csr", "ext", "db"))
        openssl("req", "-newkey", *kind, "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                "-out", request)
        lines = [f"basicConstraints=critical,CA:{'TRUE' if authority else 'FALSE'}"]
        if usage and not authority:
            lines.append(f"extendedKeyUsage={usage}")
        if names:
            lines.append(f"subjectAltName={names}")
        settings.write_text("\n".join(lines) + "\n")
        listed.write_text("")

        def moment(seconds, otherwise):
            when = time.gmtime(time.time() + (otherwise if seconds is None else seconds))
            return time.strftime("%Y%m%d%H%M%SZ", when)
        openssl("ca", "-batch", "-config", self._ca_settings(listed), "-in", request, "-out", path,
                "-cert", self.path, "-keyfile", self.key, "-extfile", settings, "-notext",
                "-startdate", moment(start, -3600), "-enddate", moment(end, 86400))
        return Certificate(path, key)

    def _ca_settings(self, listed):
        path = self.folder / "ca.cnf"
        path.write_text("[ca]\ndefault_ca=x\n[x]\ndefault_md=sha256\npolicy=any\nrand_serial=yes\n"
                        f"database={listed}\nnew_certs_dir={self.folder}\nunique_subject=no\n"
                        "[any]\ncommonName=supplied\n")
        return path


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Server(threading.Thread):
    """An HTTPS registry that says yes to everything, on loopback. It keeps what it was asked, and
    of each connection what it came to: the version of TLS, or an exception's text."""

    def __init__(self, certificate, clients=None, version=None, answer=lambda request: OK,
                 family=socket.AF_INET):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.path, certificate.key)
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        if clients:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(clients.path)
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        self.answer = answer
        self.names = []
        self.requests = []
        self.ends = []
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self.listener = socket.create_server((host, 0), family=family)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as connection:
                self.talk(connection)
                self.ends.append(connection.version())
        except (OSError, ssl.SSLError) as error:
            self.ends.append(str(error))

    def talk(self, connection):
        data = b""
        while part := connection.recv(65536):
            data += part
            head, end, body = data.partition(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head + b"\r\n")[1]) if end else 0
            if end and len(body) >= length:
                self.requests.append(data.decode())
                data = b""
                connection.sendall(self.answer(self.requests[-1]))

    def close(self):
        self.listener.close()


class Relay(threading.Thread):
    """Between pintle and a port: hands over `piece` bytes at a time, and cuts the n-th connection
    after cuts[n] bytes from the server. It keeps all that pintle sent."""

    def __init__(self, port, piece=65536, cuts=(), pause=0):
        super().__init__(daemon=True)
        self.to = port
        self.piece = piece
        self.pause = pause
        self.cuts = list(cuts)
        self.sent = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                limit = self.cuts.pop(0) if self.cuts else None
                for pair in ((near, far, None), (far, near, limit)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source, target, limit):
        with contextlib.suppress(OSError):
            while part := source.recv(4096):
                if source.getsockname()[1] == self.port:
                    self.sent += part
                if limit is not None:
                    part, limit = part[:limit], max(limit - len(part), 0)
                for at in range(0, len(part), self.piece):
                    target.sendall(part[at:at + self.piece])
                    time.sleep(self.pause)
                if limit == 0:
                    break
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()
