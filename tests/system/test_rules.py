# SPDX-License-Identifier: Apache-2.0
"""tests/rules: each rule of a right PID 1, and each fact of netlink, has a test that says so."""
import subprocess
from pathlib import Path


def test_each_rule_has_a_test():
    done = subprocess.run([Path(__file__).resolve().parents[1] / "rules", "--quiet"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
