# SPDX-License-Identifier: Apache-2.0
"""Docker for tests: the running daemon, or one of our own; images made from a folder."""
import json
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from helpers import Late, until

TREE = Path(__file__).resolve().parents[2]


class DockerMissing(Exception):
    """Docker can't run here; the reason."""


class Docker:
    """A daemon and what was made with it: all goes away with close()."""

    def __init__(self):
        script = TREE / "images" / "dockerd"
        done = subprocess.run([script, "start"], text=True, capture_output=True, timeout=120)
        if done.returncode:
            raise DockerMissing(done.stderr.strip())
        self.script = script
        self.host = done.stdout.strip()
        self._prepare()

    def _prepare(self):
        self.environment = {**os.environ, "DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0",
                            "COMPOSE_DOCKER_CLI_BUILD": "1"}
        self.containers = []
        self.images = []

    def __call__(self, *arguments, check=True, timeout=60, **options):
        """docker(1); returns the finished process, captured."""
        done = subprocess.run(["docker", *map(str, arguments)], text=True, capture_output=True,
                              timeout=timeout, env=self.environment, **options)
        assert not check or done.returncode == 0, f"docker {arguments}: {done.stderr}"
        return done

    def build(self, folder, *arguments):
        """An image from a folder with a Dockerfile; returns its name."""
        name = f"pintle-test-{uuid.uuid4().hex[:12]}"
        self("build", "-q", "-t", name, *arguments, folder, timeout=300)
        self.images.append(name)
        return name

    def create(self, *arguments):
        """A container that is not started yet; returns its id."""
        container = self("create", *arguments).stdout.strip()
        self.containers.append(container)
        return container

    def run(self, *arguments):
        """A container that runs in the background; returns its id."""
        container = self.create(*arguments)
        self("start", container)
        return container

    def inspect(self, container):
        return json.loads(self("inspect", container).stdout)[0]

    def exit_status(self, container):
        return self.inspect(container)["State"]["ExitCode"]

    def wait(self, container, timeout=30):
        """Waits for its end; returns its exit status."""
        return int(self("wait", container, timeout=timeout).stdout)

    def logs(self, container):
        """stdout and stderr together."""
        done = self("logs", container)
        return done.stdout + done.stderr

    def pid(self, container):
        return self.inspect(container)["State"]["Pid"]

    def base(self):
        """The Debian image that others are built from: its name."""
        script = TREE / "images" / "base"
        done = subprocess.run([script], text=True, capture_output=True, timeout=600,
                              env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def clear(self):
        """Removes the containers of a test."""
        if self.containers:
            self("rm", "-f", "-v", *self.containers, check=False)
            self.containers = []

    def close(self):
        self.clear()
        if self.images:
            self("rmi", "-f", *self.images, check=False)
        subprocess.run([self.script, "stop", self.host], timeout=60)


class PrivateDocker(Docker):
    """A daemon with options of its own, beside whatever other runs: no network, nothing kept. In a
    network namespace of its own, since one without a bridge removes docker0, whosever it is."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="pintle-dockerd-", dir="/run")
        self.host = f"unix://{self.folder}/socket"
        self._prepare()
        if not shutil.which("dockerd"):
            raise DockerMissing("dockerd is not installed")
        with open(f"{self.folder}/log", "wb") as log:
            self.daemon = subprocess.Popen(
                ["unshare", "--net", "--", "dockerd", "--data-root", f"{self.folder}/data", "--exec-root",
                 f"{self.folder}/exec", "--pidfile", f"{self.folder}/pid", "--host", self.host,
                 "--bridge", "none", "--iptables=false", "--ip6tables=false", *map(str, options)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            until(self._answers, 60, "the daemon answers")
        except Late as late:
            self.close()
            raise DockerMissing(str(late)) from late

    def _answers(self):
        if self.daemon.poll() is not None:
            raise Late(open(f"{self.folder}/log").read()[-2000:])
        return self("version", check=False).returncode == 0

    def build(self, folder, *arguments):
        return super().build(folder, "--network", "none", *arguments)

    def close(self):
        self.clear()
        self.daemon.terminate()
        self.daemon.wait(30)
        subprocess.run(["sh", "-c", f"umount {self.folder}/exec/netns/* {self.folder}/data/*/* "
                        "2>/dev/null"], timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)
