"""Inside a jail: runs one command after another, each as a powerless user in an empty folder.

The jail's walls are built once; a command then costs little more than its own start. Between two
requests everything that runs or was written is removed. Requests and answers are JSON lines on
standard input and output; `rlcf.sandbox.cell` is the other end and says what they hold. Only our
own code runs with the rights that this needs; a command loses them first.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import select
import shutil
import stat
import sys
import tempfile
import time
from math import ceil
from typing import Any, NoReturn

from . import landlock, linux, pyrun, seccomp
from .processes import Tree

_WORK = "work"
_DONE = "done"
_KEPT_BYTES = 1 << 18
_DONE_BYTES = 4096
_SLICE_SECONDS = 0.01


def serve(plan: dict[str, Any], uid: int) -> NoReturn:
    """Answer requests until the input ends."""
    cell = _Cell(plan, uid)
    _say(cell.walls())
    for request in map(json.loads, sys.stdin.buffer):  # no name keeps a line: it holds a token
        _say(cell.handle(request))
    cell.clean(everything=True)
    os._exit(0)


def _empty(entry: os.DirEntry[str], device: int) -> None:
    """Remove what lies in a folder that leads to a mount, but not the mount."""
    if entry.stat(follow_symlinks=False).st_dev != device:
        return
    if entry.is_dir(follow_symlinks=False):
        for inner in os.scandir(entry.path):
            _empty(inner, device)
        with contextlib.suppress(OSError):  # a mount is below
            os.rmdir(entry.path)
    else:
        os.unlink(entry.path)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


class _Cell:
    def __init__(self, plan: dict[str, Any], uid: int) -> None:
        self._plan = plan
        self._spaces = plan["namespaces"] != "none"
        self._uid = uid if plan["user"] and plan["namespaces"] != "user" else None
        self._base = "/tmp" if self._spaces else tempfile.mkdtemp(prefix="rlcf-cell-")
        self._work = f"{self._base}/{_WORK}"
        # Tools that lie below /tmp outside are mounted there inside too.
        self._mounts = {entry.name for entry in os.scandir(self._base)}
        self._tree = Tree(own_namespace=self._spaces)
        os.chmod(self._base, 0o755)
        # A command of the same user must not look into this process.
        linux.prctl(linux.PR_SET_DUMPABLE, 0)

    def walls(self) -> dict[str, bool]:
        """Which walls stand, found out by a child that builds them."""
        report = {"namespaces": self._spaces, "user": self._uid is not None}
        if self._plan["namespaces"] == "user":
            report["user"] = True
        for name, build in (("seccomp", seccomp.install), ("landlock", self._files_only)):
            pid = os.fork()
            if pid == 0:
                try:
                    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
                    build()
                except OSError:
                    os._exit(1)
                os._exit(0)
            report[name] = os.waitpid(pid, 0)[1] == 0
        if self._spaces:
            report["landlock"] = False
        return report

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the steps up to the first that does not end well."""
        os.mkdir(self._work, 0o700)
        if self._uid is not None:
            os.chown(self._work, self._uid, self._uid)
        steps = []
        for step in request["steps"]:
            steps.append(self._step(step))
            if steps[-1]["status"] != 0 or steps[-1]["limit"]:
                break
        answer = {
            "steps": steps,
            "done": (self._read(_DONE, _DONE_BYTES) or b"").decode("latin-1"),
            "files": self._collect(request["collect"]),
        }
        self.clean()
        return answer

    def clean(self, everything: bool = False) -> None:
        """Remove what a request has left."""
        for entry in os.scandir(self._base):
            if entry.name in self._mounts:
                _empty(entry, os.lstat(self._base).st_dev)
            elif entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        for entry in os.scandir(linux.SHARED_MEMORY) if self._spaces else ():
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        if everything and not self._spaces:
            shutil.rmtree(self._base, ignore_errors=True)

    def _step(self, step: dict[str, Any]) -> dict[str, Any]:
        for name in step["remove"]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._work}/{name}")
        for name, text in step["files"].items():
            self._write(name, base64.b64decode(text))
        watched = _Watched(self, step)
        watched.follow()
        return watched.report()

    def _write(self, name: str, data: bytes) -> None:
        path = f"{self._work}/{name}"
        folder = os.path.dirname(name)
        if folder and not os.path.isdir(f"{self._work}/{folder}"):
            os.makedirs(f"{self._work}/{folder}")
            part = self._work
            for piece in folder.split("/"):
                part += "/" + piece
                self._give(part)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
            file.write(data)
        self._give(path)

    def _give(self, path: str) -> None:
        if self._uid is not None:
            os.chown(path, self._uid, self._uid, follow_symlinks=False)

    def _read(self, name: str, most: int) -> bytes | None:
        """A regular file's beginning; whatever else stands there is not read."""
        try:
            fd = os.open(f"{self._work}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return None
            return file.read(most)

    def _collect(self, names: list[str]) -> dict[str, str]:
        found = {name: self._read(name, 64 << 20) for name in names}
        return {n: base64.b64encode(d).decode("ascii") for n, d in found.items() if d is not None}

    def _files_only(self) -> None:
        plan = self._plan
        landlock.install([*plan["readable"], "/proc", "/sys"], plan["devices"], [self._base])

    def become(self, step: dict[str, Any], fds: tuple[int, int, int]) -> NoReturn:
        """In the child: give up every right and turn into the command."""
        try:
            for number, fd in enumerate(fds):
                os.dup2(fd, number)
            os.closerange(3, 256)
            os.setsid()
            os.chdir(self._work)
            _limit(step, own_user=self._uid is not None or self._plan["namespaces"] == "user")
            if self._uid is not None:
                os.setgroups([])
                os.setresgid(self._uid, self._uid, self._uid)
                os.setresuid(self._uid, self._uid, self._uid)
            linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
            if not self._spaces:
                with contextlib.suppress(OSError):
                    self._files_only()
            with contextlib.suppress(OSError):
                seccomp.install(step["processes"])
            if step["python"]:
                pyrun.main(step)
            os.execve(step["command"][0], step["command"], step["environment"])
        except BaseException as e:
            os.write(2, f"cannot start: {e!r}".encode(errors="replace"))
        finally:
            os._exit(127)

    def kill_all(self) -> None:
        """End whatever a request has started."""
        self._tree.kill()

    def usage(self, pid: int, processes: bool) -> tuple[float, float]:
        """CPU seconds and MiB of a step so far: resident, and in shared memory."""
        cpu, memory = self._tree.usage(pid, processes)
        return cpu, memory + (_shared_mb() if self._spaces else 0.0)


def _shared_mb() -> float:
    """MiB that lie in the private shared memory; what a process maps of it counts twice."""
    room = os.statvfs(linux.SHARED_MEMORY)
    return (room.f_blocks - room.f_bfree) * room.f_frsize / (1 << 20)


def _limit(step: dict[str, Any], own_user: bool) -> None:
    limits = step["limits"]
    bounds = {
        "CORE": 0,
        "CPU": ceil(limits["cpu_seconds"]) + 1,
        "FSIZE": limits["file_mb"] << 20,
        "NOFILE": 256,
    }
    if own_user:  # otherwise it would count the caller's other processes
        bounds["NPROC"] = 256
    for name, value in bounds.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


class _Watched:
    """One step while it runs: its output, and its limits."""

    def __init__(self, cell: _Cell, step: dict[str, Any]) -> None:
        self._cell = cell
        self._step = step
        self._limits = step["limits"]
        self._streams: dict[int, bytearray] = {}
        self._size = 0
        self._cpu = 0.0
        self._memory = 0.0
        self._limit = ""
        self._status = 0
        (in_r, in_w), (out_r, out_w), (err_r, err_w) = os.pipe(), os.pipe(), os.pipe()
        if not step["python"]:  # a fork has its token already
            os.write(in_w, step["stdin"].encode()[:_DONE_BYTES])
        self._start = time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            cell.become(step, (in_r, out_w, err_w))
        for fd in (in_r, in_w, out_w, err_w):
            os.close(fd)
        self._out, self._err = out_r, err_r
        for fd in (out_r, err_r):
            os.set_blocking(fd, False)
            self._streams[fd] = bytearray()

    def follow(self) -> None:
        """Until it ends or hits a limit; then nothing of it is left."""
        ending = os.pidfd_open(self._pid)
        poll = select.poll()
        for fd in (self._out, self._err, ending):
            poll.register(fd, select.POLLIN)
        end = self._start + self._limits["wall_seconds"]
        checked = self._start
        ended = False
        while not ended and not self._limit:
            now = time.monotonic()
            if now >= end:
                self._limit = "wall time"
                break
            for fd, _ in poll.poll(ceil(min(end - now, _SLICE_SECONDS) * 1000)):
                if fd == ending:
                    ended = True
                elif not self._take(fd):
                    poll.unregister(fd)
            if now - checked >= _SLICE_SECONDS:
                checked = now
                self._measure()
        os.close(ending)
        self._finish(ended)

    def _take(self, fd: int) -> bool:
        """Read what is there; False at the end of the stream."""
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return True
        self._size += len(data)
        kept = self._streams[fd]
        kept += data[: max(0, _KEPT_BYTES - len(kept))]
        if self._size > self._limits["output_bytes"]:
            self._limit = "output"
        return bool(data)

    def _measure(self) -> None:
        cpu, memory = self._cell.usage(self._pid, self._step["processes"])
        self._cpu, self._memory = max(self._cpu, cpu), max(self._memory, memory)
        if self._cpu > self._limits["cpu_seconds"]:
            self._limit = "CPU time"
        elif memory > self._limits["memory_mb"]:
            self._limit = "memory"

    def _finish(self, ended: bool) -> None:
        if not ended:
            os.kill(self._pid, 9)
        _, status, usage = os.wait4(self._pid, 0)
        self._seconds = time.monotonic() - self._start
        self._cell.kill_all()
        self._status = os.waitstatus_to_exitcode(status)
        self._cpu = max(self._cpu, usage.ru_utime + usage.ru_stime)
        self._memory = max(self._memory, usage.ru_maxrss / 1024)
        for fd in (self._out, self._err):
            while not self._limit and self._more(fd):
                pass
            os.close(fd)
        if not self._limit and self._status == -24:  # SIGXCPU
            self._limit = "CPU time"

    def _more(self, fd: int) -> bool:
        before = self._size
        return self._take(fd) and self._size > before

    def report(self) -> dict[str, Any]:
        return {
            "status": self._status,
            "limit": self._limit,
            "out": self._streams[self._out].decode("utf-8", "replace"),
            "err": self._streams[self._err].decode("utf-8", "replace"),
            "seconds": self._seconds,
            "cpu_seconds": self._cpu,
            "memory_mb": self._memory,
        }
