# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with file, variables or options is told with its place, exits 78 (64 for the
command line itself), and nothing was touched before."""
import os
import subprocess

import pytest

import bad_input

PLAIN = {"PATH": os.environ["PATH"]}


@pytest.fixture
def refused(pintle, tmp_path):
    """refused(arguments, environment, status): runs pintle so, once to check and once for real, in a
    network of its own; returns what it said, the same both times."""
    marker = tmp_path / "marker"

    def run(*arguments, status):
        ran = subprocess.run(["unshare", "--net", pintle, *arguments], env=run.environment,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        assert ran.returncode == status, ran
        assert not marker.exists()
        assert ran.stdout == b""
        return ran.stderr.decode()

    def refused(arguments, environment=(), status=78):
        run.environment = {**PLAIN, **dict(v.split("=", 1) for v in environment)}
        checked = run(*arguments, "--check", status=status)
        assert run(*arguments, "--", "touch", str(marker), status=status) == checked
        return checked
    return refused


@pytest.fixture
def written(tmp_path):
    def written(text):
        path = tmp_path / "pintle.ini"
        path.write_bytes(text.encode())
        return str(path)
    return written


def line_with(said, place, words):
    return [line for line in said.splitlines() if place in line and words in line]



@pytest.mark.parametrize("text, line, words", bad_input.FILES)
def test_file(refused, written, text, line, words):
    path = written(text)
    said = refused(["-c", path])
    assert line_with(said, f"{path}:{line}: ", words), said
    assert len(said.splitlines()) == 1, said


@pytest.mark.parametrize("text, line, words", [row[1:] for row in bad_input.SILENT],
                         ids=[f"fact {row[0]}: {row[3]}" for row in bad_input.SILENT])
def test_what_the_kernel_accepts_in_silence(refused, written, text, line, words):
    """Facts 21, 24, 25, 26, 27, 31, 32, 36, 38, 39, 45, 47, 48, 55, 56, 57, 58, 59 and 60."""
    path = written(text)
    said = refused(["-c", path])
    assert line_with(said, f"{path}:{line}: ", words), said
    assert len(said.splitlines()) == 1, said


@pytest.mark.parametrize("text, variable, words", bad_input.VARIABLES)
def test_variable(refused, written, text, variable, words):
    said = refused(["-c", written(text)], [variable])
    assert line_with(said, variable.split("=")[0] + ": ", words), said
    assert len(said.splitlines()) == 1, said


@pytest.mark.parametrize("option, words", bad_input.OPTIONS)
def test_option(refused, option, words):
    said = refused(["-o", option])
    assert line_with(said, f"-o {option.split('=')[0]}: ", words), said


@pytest.mark.parametrize("arguments, words", bad_input.LINES)
def test_command_line(pintle, arguments, words):
    ran = subprocess.run([pintle, *arguments], env=PLAIN, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=10)
    assert ran.returncode == 64
    assert words in ran.stderr
    assert ran.stdout == ""


def test_there_are_enough():
    assert sum(map(len, (bad_input.FILES, bad_input.VARIABLES, bad_input.OPTIONS,
                         bad_input.LINES))) >= 100


def test_all_mistakes_come_at_once(refused, written):
    path = written("[app]\ndrain = 5\nfoo = 1\n[nothing]\n")
    said = refused(["-c", path, "-o", "log.level=loud"], ["PINTLE_X=1"])
    assert [line_with(said, place, "") != [] for place in
            (f"{path}:2: ", f"{path}:3: ", f"{path}:4: ", "PINTLE_X: ", "-o log.level: ")] == [True] * 5
    assert len(said.splitlines()) == 5


def test_no_such_file(refused, tmp_path):
    said = refused(["-c", str(tmp_path / "missing.ini")])
    assert line_with(said, "missing.ini: ", "No such file or directory")


def test_a_folder_is_no_file(refused, tmp_path):
    said = refused(["-c", str(tmp_path)])
    assert line_with(said, f"{tmp_path}: ", "directory")


def test_a_named_file_has_to_be_there(refused):
    said = refused([], ["PINTLE_CONFIG=/nowhere/pintle.ini"])
    assert line_with(said, "/nowhere/pintle.ini: ", "No such file or directory")


def test_a_huge_file(refused, written):
    path = written("\n" * (1 << 20) + "\n")
    assert line_with(refused(["-c", path]), path, "1048576 bytes")


def test_secrets_are_not_told(refused, written):
    said = refused(["-c", written("[discovery]\ntoken = hush\ntoken = hush\n")],
                   ["PINTLE_DISCOVERY_TOKEN=hush\n"])
    assert "hush" not in said


def test_the_network_is_as_it_was(pintle, written):
    """A file that is good for the network, but for one word elsewhere."""
    path = written("[net]\nmode = apply\n[interface lo]\naddress = 192.0.2.7/32\n[log]\nlevel = loud\n")
    script = '"$0" -c "$1" -- true; echo "$?"; ip -brief address show dev lo'
    ran = subprocess.run(["unshare", "--net", "sh", "-c", script, pintle, path], env=PLAIN,
                         capture_output=True, text=True, timeout=10)
    status, link = ran.stdout.splitlines()
    assert status == "78"
    assert link.split() == ["lo", "DOWN"]


def test_a_good_file_is_good(pintle, written):
    """The same way of asking, so that a refusal above is not for another reason."""
    path = written("[net]\nmode = leave\n[app]\ndrain = 0\n")
    ran = subprocess.run(["unshare", "--net", pintle, "-c", path, "--check"], env=PLAIN,
                         capture_output=True, text=True, timeout=10)
    assert ran.returncode == 0 and ran.stderr == ""
    assert f"drain = 0\t# {path}:4\n" in ran.stdout
