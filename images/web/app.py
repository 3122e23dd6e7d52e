# SPDX-License-Identifier: Apache-2.0
"""A small web application. It knows its port from PORT, and nothing of Consul or of networks.

It ends as a Python program does, at SIGINT: first it finishes the requests that it has begun, then
it exits with EXIT_STATUS. /slow?2 is a page that takes two seconds.
"""
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ["PORT"])


def log(text):
    print(f"{time.time():.3f} app: {text}", flush=True)


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, seconds = self.path.partition("?")
        if path == "/slow":
            log(f"a request that takes {seconds} s")
            time.sleep(float(seconds))
        body = f"Hello from port {PORT}, process {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them


server = Server(("", PORT), Page)
log(f"serving on port {PORT}")
try:
    server.serve_forever()
except KeyboardInterrupt:
    log("told to stop")
server.server_close()
log("all requests are answered")
sys.exit(int(os.environ.get("EXIT_STATUS", "0")))
