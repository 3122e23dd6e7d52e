# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests: the real binary with real processes, namespaces, Docker, Consul.

    pintle      path of the binary: $PINTLE, else build/pintle
    app         path of a small application that does what its arguments say: app.c
    start       start(*arguments, config=..., ...) runs pintle as PID 1: helpers.Run
    run         the same, and waits for its end: run.status
    until       until(condition, timeout, what)
    netns       netns() makes a network namespace: helpers.Netns
    consul      a real Consul on loopback, empty: helpers_consul.Consul
    consul_in   consul_in(netns): one in a namespace
    etcd        a real etcd on loopback, empty: helpers_etcd.Etcd
    docker      helpers_docker.Docker, with no container of an earlier test
Everything that a fixture made is gone after the test, also when it failed.
"""
import itertools
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

import helpers
import helpers_consul
import helpers_docker
import helpers_etcd

HERE = Path(__file__).resolve().parent
TEST_SECONDS = 60


def pytest_configure(config):
    """A temporary folder of its own: the usual one is closed to others by each run that begins,
    so that an agent of another run can't get at its files any more."""
    config.addinivalue_line("markers", "seconds(n): this test may take so long (else 60)")
    if not config.option.basetemp:
        folder = config.option.basetemp = tempfile.mkdtemp(prefix="pintle-pytest-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(autouse=True)
def time_limit(request):
    """No test hangs for ever: it fails with a traceback of where it was."""
    marker = request.node.get_closest_marker("seconds")
    seconds = marker.args[0] if marker else TEST_SECONDS

    def late(*_):
        raise helpers.Late(f"the test took more than {seconds} s")
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def open_folders(tmp_path):
    """So that other users than root get at what a test keeps there: an agent, an application."""
    for folder in (tmp_path, tmp_path.parent):
        folder.chmod(0o755)


@pytest.fixture(scope="session", autouse=True)
def needs_root():
    if os.geteuid():
        pytest.exit("the system tests need root: they make namespaces", 1)


@pytest.fixture(scope="session")
def pintle():
    path = Path(os.environ.get("PINTLE", HERE.parents[1] / "build" / "pintle")).resolve()
    assert path.is_file(), f"{path} is not there: run make first"
    return str(path)


@pytest.fixture(scope="session")
def programs():
    """A folder for what is compiled for the tests, readable for everybody, as pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="pintle-test-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def app(programs):
    """Static, so that it runs in an empty image and starts in no time."""
    return helpers.compile_c(HERE / "app.c", programs / "app", "-static")


@pytest.fixture(scope="session")
def launcher(programs):
    return helpers.compile_c(HERE / "launch.c", programs / "launch")


@pytest.fixture
def start(pintle, launcher, tmp_path):
    """start(*arguments, config=None, **options): a helpers.Run of pintle with these arguments.
    config is the text of its pintle.ini; program: another one than pintle; options: see Run."""
    runs = []

    def start_one(*arguments, config=None, program=pintle, **options):
        if config is not None:
            folder = tmp_path / f"run{len(runs)}"
            folder.mkdir()
            arguments = ("-c", helpers.write_config(folder, config), *arguments)
        runs.append(helpers.Run(launcher, [program, *arguments], **options))
        return runs[-1]
    yield start_one
    for one in runs:
        one.close()


@pytest.fixture
def run(start):
    """As start, and it has ended: run(...).status, .out, .err"""
    def run_one(*arguments, timeout=10, **options):
        one = start(*arguments, **options)
        one.status = one.end(timeout)
        return one
    return run_one


@pytest.fixture(scope="session")
def until():
    return helpers.until


@pytest.fixture
def netns():
    """netns(): a new network namespace with lo up."""
    made = []
    number = itertools.count()

    def make():
        made.append(helpers.Netns(f"pintle-test-{os.getpid()}-{next(number)}"))
        return made[-1]
    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def consul_program():
    program = helpers_consul.find_consul()
    if not program:
        pytest.skip("no Consul: run ci/consul")
    return program


@pytest.fixture(scope="session")
def consul_session(consul_program):
    consul = helpers_consul.Consul(consul_program)
    yield consul
    consul.close()


@pytest.fixture
def consul(consul_session):
    """Running, with no services. A test may kill, restart or pause it."""
    consul_session.clear()
    yield consul_session


@pytest.fixture
def consul_in(consul_program):
    """consul_in(netns, **options): a Consul of its own on the loopback of a namespace."""
    made = []

    def make(namespace, **options):
        made.append(helpers_consul.Consul(consul_program, namespace, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def etcd_program():
    program = shutil.which("etcd")
    if not program:
        pytest.skip("no etcd: run ci/setup test")
    return program


@pytest.fixture(scope="session")
def etcd_session(etcd_program):
    etcd = helpers_etcd.Etcd(etcd_program)
    yield etcd
    etcd.close()


@pytest.fixture
def etcd(etcd_session):
    """Running, with no keys and no users. A test may kill, restart or pause it."""
    etcd_session.clear()
    yield etcd_session


@pytest.fixture(scope="session")
def docker_session():
    try:
        docker = helpers_docker.Docker()
    except helpers_docker.DockerMissing as reason:
        pytest.skip(f"Docker can't run here: {reason}")
    yield docker
    docker.close()


@pytest.fixture
def docker(docker_session):
    yield docker_session
    docker_session.clear()
