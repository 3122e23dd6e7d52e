# SPDX-License-Identifier: Apache-2.0
"""In the place of others: called docker-init, tini, podman-init or catatonit, with tini's options and
variables; and as the init of a Docker daemon (dockerd --init-path)."""
import os
import signal

import pytest

import helpers
import helpers_docker

NAMES = ["docker-init", "tini", "tini-static", "podman-init", "catatonit"]


@pytest.fixture
def named(pintle, tmp_path):
    """named("tini"): pintle by that name."""
    def name(one):
        os.symlink(pintle, tmp_path / one)
        return tmp_path / one
    return name


@pytest.mark.parametrize("name", NAMES)
def test_other_name_reads_no_settings(start, app, named, name):
    """Nothing is read, and variables of ours are the application's."""
    env = {"PINTLE_APP_USER": "nobody", "PINTLE_NONSENSE": "1", "PINTLE_CONFIG": "/nowhere"}
    run = start("-c", 'echo nonsense >/etc/pintle.ini; exec "$@"', "sh", named(name), "--", app,
                "report", "quit=15,4,0", "say=up", "pause", program="/bin/sh", env=env)
    report = run.report_of_app()
    assert report["uid"] == 0
    assert {f"{key}={value}" for key, value in env.items()} <= set(report["env"])
    run.wait_out("^up$")
    assert run.stop()[0] == 4 and run.err == ""


def test_its_own_name_reads_them(start, app, tmp_path):
    run = start("--", app, "report", env={"PINTLE_NONSENSE": "1"})
    assert run.end() == 78 and "PINTLE_NONSENSE" in run.err


@pytest.mark.parametrize("arguments", [["-c", "FILE"], ["-o", "app.umask=027"]])
def test_other_name_with_settings(start, app, named, tmp_path, arguments):
    """-c and -o say that they are meant."""
    path = helpers.write_config(tmp_path, "[app]\numask = 027\n")
    arguments = [str(path) if word == "FILE" else word for word in arguments]
    run = start(*arguments, "--", app, "report", program=named("tini"))
    assert run.report_of_app()["umask"] == 0o27


@pytest.mark.parametrize("name", NAMES)
def test_version_as_docker_reads_it(run, named, name):
    one = run("--version", program=named(name))
    assert one.status == 0 and one.out.startswith("tini version ")


@pytest.mark.parametrize("program", ["tini", None])
def test_options_of_tini(start, app, named, program):
    """All at once, and written together."""
    options = {"program": named(program)} if program else {}
    run = start("-gsvvvw", "-e", "7", "-e143", "-pTERM", "--", app, "child", "trap", "say=up",
                "pause", "end", "orphans=1,0", "quit=15,7,0", "say=up", "pause", **options)
    run.wait_out("^up$", count=2)
    run.signal(signal.SIGUSR1)
    run.wait_out("^signal 10$", count=2)
    run.wait_err("reaped orphan")
    assert "pintle: debug: " in run.err
    run.application()
    run.signal(signal.SIGTERM)
    run.wait_out("^done$")
    os.kill(run.children()[0].pid, signal.SIGKILL)
    assert run.end() == 0


@pytest.mark.parametrize("verbosity, warns", [("0", False), ("1", True), ("3", True), ("", True),
                                              ("nonsense", True)])
def test_verbosity_by_variable(run, app, named, verbosity, warns):
    one = run("-w", "--", app, "orphans=2,0", "sleep=50", "exit=3", program=named("tini"),
              env={"TINI_VERBOSITY": verbosity})
    assert one.status == 3
    assert (one.err.count("pintle: warning: reaped orphan") == 2) == warns
    assert (one.err == "") == (not warns)
    assert ("debug" in one.err) == (verbosity == "3")


def test_errors_are_said_at_verbosity_0(run, named):
    one = run("--", "/nowhere", program=named("tini"), env={"TINI_VERBOSITY": "0"})
    assert one.status == 127 and one.err.startswith("pintle: error: ")


def test_group_by_variable(start, app, named):
    run = start("--", app, "child", "trap", "say=up", "pause", "end", "trap", "say=up", "pause",
                program=named("tini"), env={"TINI_KILL_PROCESS_GROUP": ""})
    run.wait_out("^up$", count=2)
    run.signal(signal.SIGUSR1)
    run.wait_out("^signal 10$", count=2)


@pytest.mark.parametrize("variable", [{}, {"TINI_SUBREAPER": ""}], ids=["without", "with"])
def test_subreaper_by_variable(start, app, named, variable):
    """Always so where it is not PID 1, and no harm where it is."""
    for second in (False, True):
        run = start("--", app, "daemon", "trap", "say=up", "pause", "end", "pause",
                    program=named(f"tini{second}"), env=variable, second=second)
        run.wait_out("^up$")
        helpers.until(lambda: len(run.children()) == 2, 3, "the orphan is ours")


def test_variables_of_tini_mean_nothing_to_pintle(start, app):
    run = start("-w", "--", app, "child", "trap", "say=up", "pause", "end", "orphans=1,0", "trap",
                "say=up", "pause", env={"TINI_KILL_PROCESS_GROUP": "1", "TINI_VERBOSITY": "0"})
    run.wait_out("^up$", count=2)
    run.wait_err("reaped orphan")
    run.signal(signal.SIGUSR1)
    run.wait_out("^signal 10$")
    assert run.signals_seen() == [10]


# ---- dockerd --init-path ----

@pytest.fixture(scope="module")
def init_docker(pintle, app, tmp_path_factory):
    """A daemon of our own, whose docker-init is pintle; with an image of only the application."""
    try:
        docker = helpers_docker.PrivateDocker("--init-path", pintle)
    except helpers_docker.DockerMissing as reason:
        pytest.skip(f"Docker can't run here: {reason}")
    folder = tmp_path_factory.mktemp("init")
    (folder / "app").write_bytes(open(app, "rb").read())
    (folder / "app").chmod(0o755)
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n')
    docker.image = docker.build(folder)
    yield docker
    docker.close()


def test_init_of_dockerd(init_docker):
    docker = init_docker
    info = docker("info", "--format", "{{.InitBinary}}|{{.InitCommit.ID}}|{{.Warnings}}").stdout
    assert "pintle" in info and "nit" not in info.rpartition("|")[2]
    container = docker.run("--init", "-e", "PINTLE_NONSENSE=1", docker.image, "report",
                           "orphans=20,0", "quit=15,7,50", "say=up", "pause")
    helpers.until(lambda: "up\n" in docker.logs(container), 10, "the application runs")
    log = docker.logs(container)
    assert '"ppid": 1,' in log and "PINTLE_NONSENSE=1" in log
    top = docker("top", container).stdout
    assert "/sbin/docker-init -- /app" in top and "defunct" not in top
    docker("kill", "-s", "RTMIN+5", container)
    helpers.until(lambda: "signal 39\n" in docker.logs(container), 10, "the signal")
    docker("stop", container)
    assert docker.exit_status(container) == 7
    assert docker.logs(container).endswith("signal 15\ndone\n")


def test_init_of_dockerd_and_variables_of_tini(init_docker):
    docker = init_docker
    container = docker.run("--init", "-e", "TINI_KILL_PROCESS_GROUP=1", docker.image, "child",
                           "trap", "say=up", "pause", "end", "trap", "say=up", "pause")
    helpers.until(lambda: docker.logs(container).count("up\n") == 2, 10, "both run")
    docker("kill", "-s", "USR1", container)
    helpers.until(lambda: docker.logs(container).count("signal 10\n") == 2, 10, "both heard")


@pytest.mark.parametrize("command, status", [(["exit=9"], 9), (["die=11"], 139)])
def test_init_of_dockerd_passes_the_status_on(init_docker, command, status):
    docker = init_docker
    done = docker("run", "--init", "--rm", docker.image, *command, check=False)
    assert done.returncode == status and done.stderr == ""


def test_init_of_dockerd_and_what_cannot_run(init_docker):
    docker = init_docker
    done = docker("run", "--init", "--rm", "--entrypoint", "/nowhere", docker.image, check=False)
    assert done.returncode == 127 and "/nowhere" in done.stderr
