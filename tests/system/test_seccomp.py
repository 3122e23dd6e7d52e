# SPDX-License-Identifier: Apache-2.0
"""[seccomp]: what the application may ask of the kernel. The probe (seccomp_probe.c) asks for every
system call without making any, and says what the filters it runs under answered."""
import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import helpers
from helpers import until

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
SIGSYS = 31
STATUS = "grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status | tr -s '\\t\\n' ' '"
AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK = 2, 10, 16, 17, 38, 40
STREAM, DATAGRAM, RAW = 1, 2, 3
CLONE_NEWUSER = 0x10000000


@pytest.fixture(scope="session")
def numbers():
    """System calls by name: the table that pintle was built with."""
    build = Path(os.environ.get("BUILD", TREE / "build"))
    table, number = {}, 0
    for entry in re.findall(r'"([^"\\]+)\\0"', (build / "gen" / "syscalls.c").read_text()):
        if entry == "=-":
            break
        if entry.startswith("="):
            number = int(entry[1:])
        else:
            table[entry] = number
            number += 1
    return table


@pytest.fixture(scope="session")
def probe(programs):
    return helpers.compile_c(HERE / "seccomp_probe.c", programs / "probe", "-static", "-pthread")


class Verdicts(dict):
    """{(number, a, b, c): "allowed" or an errno}"""

    def __init__(self, text):
        for line in text.splitlines():
            *call, result = line.split()
            self[tuple(map(int, call))] = result if result == "allowed" else int(result)


def questions(numbers):
    """What is asked besides each system call with 0 as its arguments."""
    calls = [(numbers["socket"], family, STREAM, 0) for family in range(60)]
    calls += [(numbers["socket"], family, kind, protocol)
              for family in (AF_INET, AF_INET6, AF_NETLINK) for kind in (STREAM, DATAGRAM, RAW)
              for protocol in (0, 9)]
    calls += [(numbers["socket"], 1 << 32 | AF_VSOCK, STREAM, 0)]
    calls += [(numbers["personality"], value, 0, 0)
              for value in (0, 1, 8, 0x20000, 0x20008, 0x40000, 0xffffffff)]
    calls += [(numbers["clone"], flags | signal.SIGCHLD, 0, 0)
              for flags in (0, 0x100, CLONE_NEWUSER, 0x20000, 0x40000000, 0x02000000)]
    return calls


def ask(calls):
    return "".join("%d %d %d %d\n" % call for call in calls)


@pytest.fixture
def verdicts(start, probe, numbers, tmp_path):
    """verdicts("profile=default", ...): of all questions, under pintle with these settings."""
    def look(*settings):
        source = tmp_path / "questions"
        source.write_text(ask(questions(numbers)))
        options = [word for s in settings for word in ("-o", f"seccomp.{s}")]
        with open(source) as stdin:
            run = start(*options, "--", probe, stdin=stdin.fileno())
            assert run.end() == 0, run
        return Verdicts(run.out)
    return look


# ---- what the profiles promise ----

def test_default_denies_what_docker_denies(verdicts, numbers):
    got = verdicts("profile=default")
    for name in ("unshare", "mount", "umount2", "pivot_root", "setns", "bpf", "keyctl", "add_key",
                 "reboot", "init_module", "perf_event_open", "userfaultfd", "io_uring_setup"):
        assert got[numbers[name], 0, 0, 0] == errno.EPERM, name
    for name in ("read", "execve", "ptrace", "chroot", "mknod", "setuid", "seccomp", "landlock_add_rule"):
        assert got[numbers[name], 0, 0, 0] == "allowed", name
    assert got[numbers["clone3"], 0, 0, 0] == errno.ENOSYS
    assert got[511, 0, 0, 0] == errno.ENOSYS
    assert got[numbers["clone"], signal.SIGCHLD, 0, 0] == "allowed"
    assert got[numbers["clone"], CLONE_NEWUSER | signal.SIGCHLD, 0, 0] == errno.EPERM
    assert got[numbers["socket"], AF_PACKET, STREAM, 0] == "allowed"
    assert got[numbers["socket"], AF_VSOCK, STREAM, 0] == errno.EPERM
    assert got[numbers["socket"], 1 << 32 | AF_VSOCK, STREAM, 0] == errno.EPERM
    assert got[numbers["personality"], 0x20008, 0, 0] == "allowed"
    assert got[numbers["personality"], 0x40000, 0, 0] == errno.EPERM


# Docker's profile has changed over the years, and pintle has that of 2026. These are the differences
# to older ones, each with the reason; nothing else may differ.
SINCE_DOCKER_25 = ("io_uring_setup", "io_uring_enter", "io_uring_register")
ALLOWED_SINCE = {
    "Docker 23: harmless since Linux 4.8": ("process_vm_readv", "process_vm_writev"),
    "Docker 23": ("name_to_handle_at", "pkey_alloc", "pkey_free", "pkey_mprotect"),
    "a Docker that knows Linux 6": (
        "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue",
        "statmount", "listmount", "mseal", "setxattrat", "getxattrat", "listxattrat",
        "removexattrat"),
}
# It is EPERM for what the profile knows and denies, and ENOSYS for what is newer than the profile.
KNOWN_SINCE = ("set_mempolicy_home_node", "lsm_get_self_attr", "lsm_set_self_attr",
               "lsm_list_modules")


def is_explained(call, ours, docker, names, numbers):
    name = names.get(call[0])
    if name == "socket":
        return ours == errno.EPERM and docker == "allowed" and (call[1] in (
            12, 19, 20, 23, 25, 34, 37, AF_ALG, AF_VSOCK) or call[1] > 45)
    if name in SINCE_DOCKER_25:
        return ours == errno.EPERM and docker == "allowed"
    if name in KNOWN_SINCE:
        return ours == errno.EPERM and docker == errno.ENOSYS
    return ours == "allowed" and any(name in group for group in ALLOWED_SINCE.values())


@pytest.mark.seconds(180)
def test_default_is_that_of_docker(docker, probe, verdicts, numbers, tmp_path):
    """The same questions in a container of the real dockerd, whose default profile that is."""
    shutil.copy(probe, tmp_path / "probe")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY probe /\n")
    image = docker.build(tmp_path)
    there = docker("run", "--rm", "-i", image, "/probe", input=ask(questions(numbers)))
    docker_says, ours = Verdicts(there.stdout), verdicts("profile=default")
    names = {number: name for name, number in numbers.items()}
    assert set(docker_says) == set(ours) and len(ours) > 500
    strange = {(names.get(call[0]), *call): (ours[call], docker_says[call]) for call in ours
               if ours[call] != docker_says[call]
               and not is_explained(call, ours[call], docker_says[call], names, numbers)}
    assert strange == {}
    same = sum(ours[call] == docker_says[call] for call in ours)
    assert same > 0.9 * len(ours)


def test_strict_is_less(verdicts, numbers):
    got, default = verdicts("profile=strict"), verdicts("profile=default")
    for name in ("ptrace", "process_vm_readv", "mknod", "mknodat", "chroot", "memfd_create", "personality",
                 "name_to_handle_at", "sched_setscheduler", "adjtimex", "mq_open", "mount", "keyctl"):
        assert got[numbers[name], 0, 0, 0] == errno.EPERM, name
    assert all(default[call] == "allowed" for call in got if got[call] == "allowed")
    inet = {(family, kind): got[numbers["socket"], family, kind, 0]
            for family in (AF_INET, AF_INET6) for kind in (STREAM, DATAGRAM, RAW)}
    assert {key for key, verdict in inet.items() if verdict != "allowed"} == {
        (AF_INET, RAW), (AF_INET6, RAW)}
    assert got[numbers["socket"], AF_NETLINK, RAW, 0] == "allowed"
    assert got[numbers["socket"], AF_NETLINK, RAW, 9] == errno.EPERM
    assert got[numbers["socket"], AF_PACKET, STREAM, 0] == errno.EPERM


@pytest.mark.parametrize("profile", ["default", "strict"])
def test_ordinary_work_goes_on(run, profile, tmp_path):
    """A shell with pipes and jobs; threads, processes, files and sockets of Python."""
    script = f"""
        set -e
        cd {tmp_path}; printf '%s\\n' b a | sort >list; [ "$(head -n 1 list)" = a ]
        (sleep 0.01; exit 3) & wait $! || [ $? = 3 ]
        chmod 600 list; ln -s list link; mv list other; cp -a other third; rm -r other link third
    """
    python = """if True:
        import concurrent.futures as c, multiprocessing as m, os, socket, subprocess, tempfile, urllib.request
        import http.server, threading
        with c.ThreadPoolExecutor(4) as pool: assert sum(pool.map(int, "123")) == 6
        with m.get_context("fork").Pool(2) as pool: assert sum(pool.map(int, "123")) == 6
        assert subprocess.run(["sh", "-c", "exit 5"]).returncode == 5
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert urllib.request.urlopen(f"http://localhost:{server.server_port}/").status == 200
        socket.getaddrinfo("localhost", 80)
        print("done", os.getpid() > 0)
    """
    assert run("-o", f"seccomp.profile={profile}", "--", "sh", "-c", script).status == 0
    one = run("-o", f"seccomp.profile={profile}", "--", "/usr/bin/python3", "-c", python, timeout=30,
              cwd=tmp_path)
    assert (one.status, one.out) == (0, "done True\n"), one


def answers(port, request, expected):
    def try_it():
        with socket.create_connection(("127.0.0.1", port), 1) as s:
            s.settimeout(2)
            s.sendall(request)
            return expected in s.recv(4096)

    def patiently():
        try:
            return try_it()
        except OSError:
            return False
    return patiently


def servers(folder):
    """The plain servers that strict is for: program, port, request, answer."""
    haproxy = folder / "haproxy.cfg"
    haproxy.write_text("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
                       "frontend web\n bind 127.0.0.1:7001\n http-request return status 200\n")
    (folder / "index.html").write_text("hello")
    get = b"GET / HTTP/1.0\r\n\r\n"
    return {
        "redis-server": (["redis-server", "--port", "7000", "--save", "", "--daemonize", "no", "--dir", folder],
                         7000, b"PING\r\n", b"+PONG"),
        "haproxy": (["/usr/sbin/haproxy", "-W", "-f", haproxy], 7001, get, b"200 OK"),
        "busybox": (["busybox", "httpd", "-f", "-p", "127.0.0.1:7002", "-h", folder], 7002, get, b"hello"),
        "python3": (["/usr/bin/python3", "-m", "http.server", "7003", "--bind", "127.0.0.1", "-d", folder],
                    7003, get, b"hello"),
    }


@pytest.mark.parametrize("name", ["redis-server", "haproxy", "busybox", "python3"])
def test_strict_runs_plain_servers(start, netns, name, tmp_path):
    command, port, request, expected = servers(tmp_path)[name]
    assert shutil.which(str(command[0])), "ci/setup test brings it"
    net = netns()
    run = start("-o", "seccomp.profile=strict", "-o", "seccomp.action=kill", "--", *command, net=net)
    with net:
        until(answers(port, request, expected), 20, f"{name} answers\n{run}")
    status, _ = run.stop()
    assert status != 128 + SIGSYS, run


# ---- lists and actions ----

def test_lists_are_stronger_than_the_profile(verdicts, numbers):
    got = verdicts("profile=default", "allow=unshare, clone3", "deny=ptrace socket")
    assert got[numbers["unshare"], 0, 0, 0] == "allowed"
    assert got[numbers["clone3"], 0, 0, 0] == "allowed"
    assert got[numbers["ptrace"], 0, 0, 0] == errno.EPERM
    assert got[numbers["socket"], AF_INET, STREAM, 0] == errno.EPERM
    assert got[numbers["mount"], 0, 0, 0] == errno.EPERM


def test_a_list_alone(run, verdicts, numbers):
    got = verdicts("deny=ptrace")
    assert got.pop((numbers["ptrace"], 0, 0, 0)) == errno.EPERM
    assert set(got.values()) == {"allowed"}
    # What glibc does in a static program that only ends: this one may not even write.
    needs = "arch_prctl brk getrandom mprotect prctl prlimit64 readlink readlinkat rseq set_robust_list " \
            "set_tid_address getuid"
    assert run("-o", f"seccomp.allow={needs}", "--", "busybox", "true").status == 0
    one = run("-o", f"seccomp.allow={needs}", "--", "busybox", "echo", "something")
    assert one.status != 0 and one.out == ""


def test_kill_ends_the_process(run):
    one = run("-o", "seccomp.profile=default", "-o", "seccomp.action=kill", "--", "unshare", "-n", "true")
    assert one.status == 128 + SIGSYS
    assert "was killed by signal SYS" in one.err


def test_log_lets_it_go_on(verdicts, run, numbers):
    got = verdicts("profile=default", "action=log")
    assert got.pop((numbers["clone3"], 0, 0, 0)) == errno.ENOSYS
    assert {result for call, result in got.items() if call[0] <= max(numbers.values())} == {"allowed"}
    one = run("-o", "seccomp.profile=default", "-o", "seccomp.action=log", "--", "unshare", "-n", "true")
    assert one.status == 0, one


def test_other_abis_are_killed(run, programs):
    """int 0x80 has the numbers of another architecture: a filter that let it through would be none."""
    source = programs / "abi.c"
    source.write_text("int main(void) { long r; __asm__ volatile (\"int $0x80\" : \"=a\"(r) : \"a\"(20));"
                      " return r < 0; }\n")
    if os.uname().machine != "x86_64":
        pytest.skip("of x86-64")
    abi = helpers.compile_c(source, programs / "abi", "-static")
    if subprocess.run([abi]).returncode:
        pytest.skip("this kernel has no 32-bit system calls")
    for settings in (["profile=default"], ["profile=strict"], ["deny=ptrace"]):
        options = [word for s in settings for word in ("-o", f"seccomp.{s}")]
        assert run(*options, "--", abi).status == 128 + SIGSYS


# ---- who gets it, and what it costs him ----

def test_all_that_it_starts_and_no_one_else(start, tmp_path):
    run = start("--", "sh", "-c", f"sh -c \"{STATUS}\"; echo; sleep 60", config=f"""\
        [seccomp]
        profile = default
        [job before]
        when = pre-start
        command = sh -c "{STATUS.replace('$', '$$')} >{tmp_path}/job"
        """)
    run.wait_out(r"^NoNewPrivs: 0 Seccomp: 2 ")
    assert (tmp_path / "job").read_text().startswith("NoNewPrivs: 0 Seccomp: 2 ")
    own = Path(f"/proc/{run.pid}/status").read_text()
    assert re.search(r"^Seccomp:\s+0$", own, re.M)


def test_who_is_not_root_gives_up_new_privileges(run):
    command = ["sh", "-c", STATUS]
    one = run("-o", "seccomp.profile=default", "-o", "app.user=65534", "--", *command)
    assert one.out.startswith("NoNewPrivs: 1 Seccomp: 2 "), one
    one = run("-o", "seccomp.profile=default", "-o", "app.user=65534", "-o", "app.no-new-privileges=no",
              "--", *command)
    assert one.status == 126
    assert "sh: seccomp: Operation not permitted (it takes the capability SYS_ADMIN, " \
           "or no-new-privileges)" in one.err
    one = run("-o", "seccomp.profile=default", "-o", "app.no-new-privileges=yes", "--", *command)
    assert one.out.startswith("NoNewPrivs: 1 Seccomp: 2 "), one


def test_works_in_a_container(docker, pintle, tmp_path):
    """Docker's own filter is there already, and there is no CAP_SYS_ADMIN."""
    shutil.copy(pintle, tmp_path / "pintle")
    shutil.copy(shutil.which("busybox"), tmp_path / "busybox")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY pintle busybox /\nENTRYPOINT [\"/pintle\"]\n")
    image = docker.build(tmp_path)
    for user in ("0", "1000"):
        done = docker("run", "--rm", "--user", user, "-e", "PINTLE_SECCOMP_PROFILE=strict", image, "--",
                      "/busybox", "cat", "/proc/self/status")
        assert re.search(r"^NoNewPrivs:\s1\nSeccomp:\s2$", done.stdout, re.M), done


def test_an_exec_that_fails_is_told(run):
    one = run("-o", "seccomp.profile=strict", "--", "/does/not/exist")
    assert one.status == 127
    assert "/does/not/exist: No such file or directory" in one.err


# ---- files ----

def words(source, name):
    text = re.search(rf"static const char {name}\[\] =(.*?);", source, re.S).group(1)
    return " ".join(re.findall(r'"([^"]*)"', text)).split()


@pytest.fixture
def profile(tmp_path):
    """profile(...): the path of a file, what is given over one of Docker's grammar and size."""
    source = (TREE / "init" / "profile" / "builtin.gen.c").read_text()
    families = set(range(46)) - {12, 19, 20, 23, 25, 34, 37, 38, 40}

    def rule(*names, action="ALLOW", **more):
        return {"names": list(names), "action": f"SCMP_ACT_{action}", **more}

    def arg(value, op="EQ", index=0, **more):
        return {"args": [{"index": index, "value": value, "op": f"SCMP_CMP_{op}", **more}]}

    def write(**changes):
        whole = {
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 1,
            "archMap": [{"architecture": "SCMP_ARCH_X86_64",
                         "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
                        {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": None}],
            "syscalls": [
                rule(*words(source, "plain"), *words(source, "further"), "swapcontext", "of_the_future"),
                *(rule("socket", **arg(family)) for family in families if family > 11),
                rule("socket", **arg(12, "LT"), comment="Docker has 11 of them in one"),
                *(rule("personality", **arg(value)) for value in (0, 8, 0x20000, 0x20008, 0xffffffff)),
                rule("clone", **arg(2114060288, "MASKED_EQ", valueTwo=0),
                     excludes={"caps": ["CAP_SYS_ADMIN"], "arches": ["s390", "s390x"]}),
                rule("clone", **arg(2114060288, "MASKED_EQ", index=1),
                     includes={"arches": ["s390", "s390x"]}, excludes={"caps": ["CAP_SYS_ADMIN"]}),
                rule("clone3", action="ERRNO", errnoRet=38, excludes={"caps": ["CAP_SYS_ADMIN"]}),
                rule("mount", "unshare", "clone", "clone3", includes={"caps": ["CAP_SYS_ADMIN"]}),
                rule("open_by_handle_at", includes={"caps": ["CAP_DAC_READ_SEARCH"]}),
                rule("kcmp", includes={"minKernel": "200.1"}),
                rule("bpf", excludes={"minKernel": "4.8"}),
            ],
            **changes,
        }
        path = tmp_path / "seccomp.json"
        path.write_text(json.dumps(whole, indent="\t"))
        return path
    return write


DOCKER_CAPABILITIES = "capabilities = chown dac_override fsetid fowner mknod net_raw setgid setuid setfcap " \
                      "setpcap net_bind_service sys_chroot kill audit_write\n"


def test_a_file_of_dockers_grammar_means_the_same(run, verdicts, profile):
    """The built-in profile, written as a file: nothing differs, also with the conditions."""
    path = profile()
    built_in = run("--check", config="[seccomp]\nprofile = default\n").out
    one = run("--check", config=f"[app]\n{DOCKER_CAPABILITIES}[seccomp]\nprofile = {path}\n")
    assert one.status == 0, one
    lines = [line.replace(str(path), "default") for line in one.out.splitlines() if "# seccomp" in line]
    assert lines == [line for line in built_in.splitlines() if "# seccomp" in line]
    assert len(lines) == 2


def test_conditions_look_at_the_capabilities(run, profile):
    """Root has them all here; CAP_SYS_ADMIN alone makes a difference."""
    denied = {}
    for name in ("chown", "chown sys_admin"):
        one = run("--check", config=f"[app]\ncapabilities = {name}\n[seccomp]\nprofile = {profile()}\n")
        denied[name] = re.search(r"# seccomp profile \S+ denies: (.*)", one.out).group(1).split()
    assert set(denied["chown"]) - set(denied["chown sys_admin"]) == {"clone3", "mount", "unshare"}
    assert {"kcmp", "bpf", "open_by_handle_at"} < set(denied["chown sys_admin"])


def test_a_file_is_applied(verdicts, profile, numbers):
    rules = [{"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXFULL},
             {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXFULL,
              "args": [{"index": 0, "value": 20, "op": "SCMP_CMP_GT"},
                       {"index": 1, "value": STREAM, "op": "SCMP_CMP_EQ"}]}]
    got = verdicts("profile=%s" % profile(defaultAction="SCMP_ACT_ALLOW", syscalls=rules), "deny=bpf")
    for (number, a, b, c), result in got.items():
        if number == numbers["mount"] or (number == numbers["socket"] and a > 20 and b == STREAM):
            assert result == errno.EXFULL, (number, a, b, c)
        else:
            assert result == (errno.EPERM if number == numbers["bpf"] else "allowed"), (number, a, b, c)


@pytest.mark.parametrize("change, told", [
    ({"syscalls": 7}, ": syscalls: is not a list"),
    ({"defaultAction": "SCMP_ACT_NOTIFY"}, ": defaultAction: 'SCMP_ACT_NOTIFY' is not one of SCMP_ACT_ALLOW"),
    ({"syscals": []}, ": syscals: is not known, did you mean 'syscalls'?"),
    ({"syscalls": [{"names": ["a"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 7}]}]},
     ": syscalls[0].args[0].index: is not a number from 0 to 5"),
    ({"syscalls": []}, "denies execve, without which no program can start"),
])
def test_a_wrong_file_is_told_before_anything_is_changed(run, profile, tmp_path, change, told):
    mark = tmp_path / "started"
    path = profile(**change)
    config = f"""\
        [seccomp]
        profile = {path}
        [job before]
        when = pre-start
        command = touch {mark}
        [interface eth9]
        mtu = 1400
        """
    for arguments in (["--check"], ["--", "touch", mark]):
        one = run(*arguments, config=config)
        assert one.status == 78, one
        assert told in one.err and "[seccomp]" in one.err and one.err.count("\n") == 1
        assert not mark.exists() and one.out == ""


def test_files_that_can_not_be_read(run, tmp_path):
    garbage = tmp_path / "garbage"
    garbage.write_text('{\n "defaultAction": "SCMP_ACT_ALLOW",\n "syscalls": [}\n')
    big = tmp_path / "big"
    big.write_bytes(b" " * 200000)
    for path, told in ((tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory"),
                       (garbage, "line 3: is not JSON"), (big, "has more than 131072 bytes")):
        one = run("-o", f"seccomp.profile={path}", "--", "true")
        assert one.status == 78
        assert f"{path}: {told}" in one.err


def test_lists_of_nonsense(run):
    one = run("--check", config="[seccomp]\nallow = kill\ndeny = mout, kill\n")
    assert one.status == 78
    assert "pintle.ini:3: [seccomp] deny: 'mout' is not a system call, did you mean 'mount'?" in one.err
    assert run("-o", "seccomp.deny=exit_group", "--check").status == 78
    one = run("--check", config="[seccomp]\nallow = kill\ndeny = kill\n")
    assert "pintle.ini:3: [seccomp] deny: 'kill' is allowed, too" in one.err


@pytest.mark.seconds(120)
def test_the_most_that_a_file_may_hold(run, profile):
    """It ends, in time: the heap of the process that reads it is pintle's own, and bounded, and so is
    a program."""
    def rules(count, op):
        return [{"names": ["ioctl", "prctl"], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": i % 3, "value": i, "op": f"SCMP_CMP_{op}"},
            {"index": 3 + i % 3, "value": i * 7, "op": f"SCMP_CMP_{op}"}]} for i in range(count)]
    allow = {"names": ["execve", "exit_group"], "action": "SCMP_ACT_ALLOW"}
    for count, op, told in ((100, "EQ", None), (150, "LT", None), (600, "EQ", "more than 4096 instructions")):
        path = profile(syscalls=[allow, *rules(count, op)])
        path.write_text(json.dumps(json.loads(path.read_text())))
        begin = time.monotonic()
        one = run("-o", f"seccomp.profile={path}", "--check", timeout=60)
        assert time.monotonic() - begin < 30
        assert one.status == (78 if told else 0), one
        assert not told or told in one.err


def test_check_prints_what_is_denied(run):
    one = run("-o", "seccomp.profile=default", "--check")
    lines = one.out.splitlines()
    assert re.match("# seccomp profile default denies: .* acct add_key .* bpf .* clone3 .* mount .*unshare",
                    lines[-2])
    assert lines[-1] == "# seccomp profile default denies some uses of: clone personality socket"
    one = run("-o", "seccomp.deny=mount umount", "-o", "seccomp.action=log", "--check")
    assert one.out.splitlines()[-2:] == ["# seccomp profile none logs: mount",
                                         "# seccomp: this architecture has no umount"]
    assert "# seccomp" not in run("--check").out
