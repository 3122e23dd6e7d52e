# SPDX-License-Identifier: Apache-2.0
"""The demos run, all of what they claim is so, and nothing is left behind."""
import os
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from helpers import processes
from helpers_docker import TREE


class Demo(subprocess.Popen):
    """One that can be told from others that run at the same time."""

    def __init__(self, name, pintle, **environment):
        self.mark = f"DEMO={uuid.uuid4()}"
        environment = {**os.environ, "PINTLE": pintle, **environment}
        environment.update([self.mark.split("=")])
        super().__init__([TREE / "images" / name], env=environment, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def is_ours(self, pid):
        try:
            return self.mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False

    def left_over(self):
        """Its processes and its network namespaces."""
        names = subprocess.run(["ip", "netns", "list"], text=True, capture_output=True).stdout
        return [line for line in names.split() if f"pintle-demo-{self.pid}-" in line] + \
               [process for process in processes() if self.is_ours(process.pid)]


def test_demo_in_namespaces(pintle):
    with Demo("demo-namespaces", pintle) as demo:
        text = demo.communicate(timeout=50)[0]
    assert demo.returncode == 0, text
    assert "WRONG" not in text and text.count("Right: ") == 10
    assert demo.left_over() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_that_is_interrupted_cleans_up(pintle, number):
    with Demo("demo-namespaces", pintle) as demo:
        for line in demo.stdout:
            if line.startswith("4."):
                break
        assert len(demo.left_over()) > 3
        os.killpg(demo.pid, number)
        demo.communicate(timeout=20)
    # Or what the command said that the same signal hit, before the shell looked at its own.
    assert demo.returncode > 0
    assert demo.left_over() == []


def test_demo_without_docker_says_so(pintle, tmp_path):
    """No daemon answers, and none can be started: the demo goes on in namespaces."""
    for name in ("docker", "dockerd"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    with Demo("demo", pintle, PATH=f"{tmp_path}:{os.environ['PATH']}", BUILD=tmp_path) as demo:
        first = demo.stdout.readline()
        os.killpg(demo.pid, signal.SIGTERM)
        demo.communicate(timeout=20)
    assert "Docker can't run here" in first and "in namespaces" in first
    assert demo.left_over() == []
