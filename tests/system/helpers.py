# SPDX-License-Identifier: Apache-2.0
"""Running pintle in namespaces of its own, and looking at it from outside.

    def test_term(start, app):
        run = start("--", app, "quit=15,3,0", "say=up", "pause")
        run.wait_out("up")
        run.signal(SIGTERM)
        assert run.end() == 3
"""
import ctypes
import json
import os
import pty
import re
import select
import shutil
import signal as signals
import subprocess
import textwrap
import threading
import time
from pathlib import Path

TICK = 0.005
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Late(AssertionError):
    """Something did not come in time."""


def until(condition, timeout=5, what="the condition"):
    """Calls condition() every 5 ms until it is true; returns what it returned."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Late(f"not within {timeout} s: {what}")
        time.sleep(TICK)


def numbers(items):
    """A list of signals or the like as the launcher reads it."""
    return ",".join(str(int(item)) for item in items)


class Process:
    """A process as /proc shows it. pid: out here; inside: in its own namespace."""

    def __init__(self, pid):
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        self.fields = {key: value.strip() for key, value in fields.items()}
        self.pid = pid
        self.name = self.fields["Name"]
        self.state = self.fields["State"][0]
        self.parent = int(self.fields["PPid"])
        self.inside = int(self.fields["NSpid"].split()[-1])
        self.uid = int(self.fields["Uid"].split()[1])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        self.command = [word.decode(errors="replace") for word in command.split(b"\0")[:-1]]

    def __repr__(self):
        return f"<{self.pid} ({self.inside}) {self.state} {self.command or self.name}>"

    def signals(self, field):
        """The numbers in SigBlk, SigIgn, SigCgt, SigPnd, ShdPnd."""
        bits = int(self.fields[field], 16)
        return [number for number in range(1, 65) if bits >> (number - 1) & 1]

    def descriptors(self):
        """number -> what it leads to; without those that are closed while we look"""
        folder, found = f"/proc/{self.pid}/fd", {}
        for fd in os.listdir(folder):
            try:
                found[int(fd)] = os.readlink(f"{folder}/{fd}")
            except FileNotFoundError:
                pass
        return found

    def group(self):
        return os.getpgid(self.pid)

    def wakeups(self):
        """How often it has been switched to so far, of its own will or not."""
        now = Process(self.pid).fields
        return int(now["voluntary_ctxt_switches"]) + int(now["nonvoluntary_ctxt_switches"])


    def seconds(self):
        """The processor time that it has used so far, proc(5)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processes():
    """All there are. Those that end while we look are left out."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                yield Process(int(entry))
            except (FileNotFoundError, ProcessLookupError, KeyError):
                pass


def pid_namespace(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


class Cgroup:
    """A control group. Limits are named as in version 2, but for "limit", which is memory's."""

    def __init__(self, controller, name, limits):
        self.folder = self._place(controller) / name
        self.names = {"limit": "memory.limit_in_bytes"}
        if (self.folder.parent / "cgroup.controllers").exists():
            self.names = {"limit": "memory.max"}
            (self.folder.parent / "cgroup.subtree_control").write_text(f"+{controller}")
        self.controller = controller
        self.folder.mkdir()
        self.set(**limits)

    @staticmethod
    def _place(controller):
        root = Path("/sys/fs/cgroup")
        return root / controller if (root / controller / "cgroup.procs").exists() else root

    def _file(self, name):
        return self.folder / self.names.get(name, f"{self.controller}.{name}")

    def set(self, **limits):
        for name, value in limits.items():
            self._file(name).write_text(str(value))

    def get(self, name):
        return int(self._file(name).read_text())

    def script(self, before=":"):
        """For sh -c: what "$@" says, in the group, which is all that is seen of such, as in a
        container. Enters it last, as the shell forks."""
        seen = self.folder.parent if self.controller in str(self.folder.parent) else \
            Path("/sys/fs/cgroup")
        return f"cd {self.folder}; mount --bind {self.folder} {seen}; {before}; " \
               'echo $$ >cgroup.procs; cd /; exec "$@"'

    def close(self):
        until(lambda: not (self.folder / "cgroup.procs").read_text(), 10, "the group is empty")
        self.folder.rmdir()


class Netns:
    """A network namespace with lo up. Network code of Python inside `with netns:` works in it."""

    def __init__(self, name):
        self.name = name
        self.path = f"/run/netns/{name}"
        subprocess.run(["ip", "netns", "add", name], check=True, timeout=10)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments, input=None):
        """ip(8) in there; returns what it prints."""
        command = ["ip", "-n", self.name, *map(str, arguments)]
        done = subprocess.run(command, input=input, text=True, capture_output=True, timeout=10)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def json(self, *arguments):
        """The same as data: netns.json("addr", "show", "dev", "eth0")"""
        return json.loads(self.ip("-j", "-d", *arguments) or "[]")

    def run(self, *command, **options):
        """Any command in there, as subprocess.run; captured text unless said otherwise."""
        options = {"text": True, "capture_output": True, "timeout": 20, **options}
        return subprocess.run(["nsenter", f"--net={self.path}", *map(str, command)], **options)

    def popen(self, *command, **options):
        return subprocess.Popen(["nsenter", f"--net={self.path}", *map(str, command)], **options)

    def link(self, name, other, other_name=None):
        """A veth pair, one end in here and one in the other Netns, both up."""
        other_name = other_name or name
        self.ip("link", "add", name, "type", "veth", "peer", "name", other_name,
                "netns", other.name)
        self.ip("link", "set", name, "up")
        other.ip("link", "set", other_name, "up")

    def __enter__(self):
        self.back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {self.path}")
        finally:
            os.close(there)
        return self

    def __exit__(self, *_):
        LIBC.setns(self.back, CLONE_NEWNET)
        os.close(self.back)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], timeout=10)


class Reader(threading.Thread):
    """Collects what comes through a descriptor, until its end, or until stop()."""

    def __init__(self, fd, changed):
        super().__init__(daemon=True)
        self.fd = fd
        self.changed = changed
        self.data = b""
        self.leave = os.eventfd(0)
        self.start()

    def stop(self):
        """Leaves the descriptor alone, so that closing it closes it."""
        if self.leave is not None:
            os.eventfd_write(self.leave, 1)
            self.join(5)
            os.close(self.leave)
            self.leave = None

    def run(self):
        leave = self.leave
        ready = select.poll()
        ready.register(self.fd, select.POLLIN)
        ready.register(leave, select.POLLIN)
        while leave not in dict(ready.poll()):
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # a pty whose other side is closed
                data = b""
            with self.changed:
                self.data += data
                self.changed.notify_all()
            if not data:
                return


class Run:
    """One program in its namespaces: pintle as a rule, as PID 1 of a PID namespace of its own,
    with its own /run, /dev/shm and a copy of /etc, and its own network namespace with lo up.

    net             "new", "host" or a Netns
    second          True: it is not PID 1 but the namespace's second process
    mounts          False: /run, /etc and /dev/shm of the host
    env             its environment is PATH and this
    tty             True: stdin, stdout, stderr are a terminal, its controlling one (run.type)
    stdin           "null", "pipe" (run.input is a file), or a descriptor
    ignore, block   signals; close: descriptors of 0-2; drop: capabilities, by number or "all"
    user            uid and gid it runs as; user_namespace, no_new_privs, read_only, no_proc
    pass_fds        descriptors it inherits
    signal_after    (signal, seconds): sent so long after its exec, by the launcher, exactly
    cwd             where it starts; folder: where its pintle.ini is written, if config is given
    """

    def __init__(self, launcher, command, *, env=None, net="new", second=False, mounts=True,
                 tty=False, stdin="null", ignore=(), block=(), close=(), drop=(), user=None,
                 user_namespace=False, no_new_privs=False, read_only=False, no_proc=False,
                 pass_fds=(), signal_after=None, cwd=None):
        self.command = [str(word) for word in command]
        self.environment = {"PATH": PATH, **{k: str(v) for k, v in (env or {}).items()}}
        self.changed = threading.Condition()
        self.facts = {}
        options = ["--second"] if second else []
        options += ["--mounts"] if mounts else []
        options += ["--network"] if net == "new" else []
        options += ["--netns", net.path] if isinstance(net, Netns) else []
        for name, value in (("tty", tty), ("user-namespace", user_namespace),
                            ("no-new-privs", no_new_privs), ("read-only", read_only),
                            ("no-proc", no_proc)):
            options += [f"--{name}"] if value else []
        drop = range(64) if drop == "all" else drop
        for name, value in (("ignore", ignore), ("block", block), ("drop", drop),
                            ("close", close)):
            options += [f"--{name}", numbers(value)] if value else []
        options += ["--user", str(user)] if user is not None else []
        if signal_after:
            number, seconds = signal_after
            options += ["--signal", f"{int(number)},{int(seconds * 1e6)}"]
        self._spawn(launcher, options, tty, stdin, pass_fds, cwd)

    def _spawn(self, launcher, options, tty, stdin, pass_fds, cwd):
        report, report_end = os.pipe()
        self.tty = None
        if tty:
            self.tty, stdin = pty.openpty()
            streams = {"stdin": stdin, "stdout": stdin, "stderr": stdin}
        else:
            kind = {"null": subprocess.DEVNULL, "pipe": subprocess.PIPE}
            streams = {"stdin": kind.get(stdin, stdin), "stdout": subprocess.PIPE,
                       "stderr": subprocess.PIPE}
        command = [launcher, "--report", str(report_end), *options, "--", *self.command]
        self.launcher = subprocess.Popen(command, env=self.environment, cwd=cwd,
                                         pass_fds=(report_end, *pass_fds),
                                         start_new_session=True, **streams)
        os.close(report_end)
        if tty:
            os.close(stdin)
        self.input = self.launcher.stdin
        self.readers = []
        for fd in [self.tty] if tty else [self.launcher.stdout.fileno(),
                                          self.launcher.stderr.fileno()]:
            self.readers.append(Reader(fd, self.changed))
        self.report = report
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self):
        with os.fdopen(self.report) as lines:
            for line in lines:
                key, value = line.split()
                with self.changed:
                    self.facts[key] = int(value)
                    if key == "status":
                        self.ended_at = time.monotonic()
                    self.changed.notify_all()
        with self.changed:
            self.facts.setdefault("gone", True)
            self.changed.notify_all()

    def _fact(self, key, timeout):
        with self.changed:
            known = self.changed.wait_for(lambda: key in self.facts or "gone" in self.facts,
                                          timeout)
        if not known or key not in self.facts:
            raise Late(f"no {key} within {timeout} s\n{self}")
        return self.facts[key]

    # ---- what it is and does ----

    @property
    def pid(self):
        """Its process, as seen from out here."""
        return self._fact("pid", 5)

    @property
    def executed_at(self):
        """When it was executed: seconds of time.monotonic()."""
        return self._fact("exec", 5) / 1e9

    @property
    def out(self):
        return self.readers[0].data.decode(errors="replace")

    @property
    def err(self):
        return self.readers[-1].data.decode(errors="replace")

    def alive(self):
        return "status" not in self.facts and "gone" not in self.facts

    def end(self, timeout=10):
        """Waits for its end. Returns its exit status, or -n if signal n killed it."""
        status = self._fact("status", timeout)
        for reader in self.readers:
            reader.join(1)
        return os.waitstatus_to_exitcode(status)

    def signal(self, number):
        """Sends it a signal, from outside its namespace, as a container runtime does."""
        self._fact("exec", 5)
        os.kill(self.pid, number)

    def stop(self, number=signals.SIGTERM, timeout=10):
        """Signals it and waits for its end; returns (exit status, seconds that it took). Not
        before an application of ours that says "up" has done so: only then it takes signals."""
        if "say=up" in self.command and self.alive():
            self.wait_out("^up\\s*$")
        begin = time.monotonic()
        self.signal(number)
        status = self.end(timeout)
        return status, self.ended_at - begin

    def type(self, data):
        """What somebody types at its terminal."""
        os.write(self.tty, data if isinstance(data, bytes) else data.encode())

    def hang_up(self):
        """The terminal goes away."""
        self.readers[0].stop()
        os.close(self.tty)
        self.tty = None

    def _wait_text(self, reader, pattern, timeout, count):
        def found():
            return len(re.findall(pattern.encode(), reader.data, re.M)) >= count
        with self.changed:
            self.changed.wait_for(lambda: found() or not reader.is_alive(), timeout)
        if not found():
            raise Late(f"{pattern!r} was not printed within {timeout} s\n{self}")
        return re.search(pattern, reader.data.decode(errors="replace"), re.M)

    def wait_out(self, pattern, timeout=5, count=1):
        """Waits until the regular expression is on stdout (count times); returns the match."""
        return self._wait_text(self.readers[0], pattern, timeout, count)

    def wait_err(self, pattern, timeout=5, count=1):
        return self._wait_text(self.readers[-1], pattern, timeout, count)

    def signals_seen(self):
        """What an application of ours with `trap` printed."""
        return [int(n) for n in re.findall(r"^signal (\d+)", self.out, re.M)]

    def report_of_app(self, timeout=5):
        """The first `report` that an application of ours printed."""
        return json.loads(self.wait_out(r"^\{.*\}\s*$", timeout).group(0))

    # ---- its processes ----

    def processes(self):
        """All of its PID namespace, by pid. Empty when it is over."""
        namespace = self.alive() and pid_namespace(self.pid)
        if not namespace:
            return []
        found = [p for p in processes() if pid_namespace(p.pid) == namespace]
        return sorted(found, key=lambda process: process.inside)

    def children(self):
        return [p for p in self.processes() if p.parent == self.pid]

    def agent(self, timeout=5):
        """pintle's agent process."""
        return until(lambda: next(filter(self._is_agent, self.children()), None), timeout,
                     "an agent")

    def application(self, timeout=5):
        """The application's process, once it has been executed."""
        def look():
            ours = Path(self.command[0]).name
            return next((p for p in self.children() if p.state != "Z" and not self._is_agent(p)
                         and p.command and Path(p.command[0]).name != ours), None)
        return until(look, timeout, "the application")

    @staticmethod
    def _is_agent(process):
        return "agent" in " ".join(process.command) or "agent" in process.name

    def inside(self, *command, **options):
        """Runs a command in its namespaces, as docker exec does; as subprocess.run, captured."""
        options = {"text": True, "capture_output": True, "timeout": 20,
                   "env": self.environment, **options}
        self._fact("exec", 5)
        enter = ["nsenter", "-t", str(self.pid), "-m", "-n", "-p", "--"]
        return subprocess.run([*enter, *map(str, command)], **options)

    def pintle(self, *arguments, **options):
        """Another pintle in there, with the same configuration: run.pintle("--status")"""
        config = []
        if "-c" in self.command:
            at = self.command.index("-c")
            config = self.command[at:at + 2]
        return self.inside(self.command[0], *config, *arguments, **options)

    # ---- the end ----

    def close(self):
        if self.launcher.poll() is None:
            self.launcher.kill()
        self.launcher.wait(10)
        for reader in self.readers:
            reader.stop()
        if self.tty is not None:
            os.close(self.tty)
        for stream in (self.launcher.stdin, self.launcher.stdout, self.launcher.stderr):
            if stream:
                stream.close()

    def __repr__(self):
        """What pytest shows when a test of it fails."""
        texts = "\n".join(f"-- {name}:\n{text}" for name, text in
                          (("stdout", self.out), ("stderr", self.err)) if text)
        return f"<{' '.join(self.command)}: {self.facts}>\n{texts}"


def write_config(folder, text):
    """Writes a pintle.ini; returns its path."""
    path = Path(folder) / "pintle.ini"
    path.write_text(textwrap.dedent(text))
    return path


def compile_c(source, target, *flags):
    command = ["gcc", "-std=c17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", *flags,
               "-o", str(target), str(source)]
    subprocess.run(command, check=True, timeout=120)
    return str(target)


def have(*programs):
    return all(map(shutil.which, programs))


def remaining(pids):
    """Those of the pids that still exist and are no zombies."""
    alive = []
    for pid in pids:
        try:
            alive += [pid] if Process(pid).state != "Z" else []
        except (FileNotFoundError, ProcessLookupError):
            pass
    return alive
