"""What the host offers to isolate untrusted code, found out once by trying it.

Turns a command into one that jails itself first (`rlcf.sandbox.jail`). What is missing is said
once, in a warning. Linux only; elsewhere there are only the limits that the runner enforces from
outside.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path

_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from jail.enter import main; main()"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_SYSTEM = ("/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_PROBE_SECONDS = 30.0
_SHARED_MB = 16


class IsolationWarning(UserWarning):
    """Part of the sandbox is not available on this host."""


@dataclass(frozen=True)
class Plan:
    """How one command is jailed."""

    namespaces: str = "none"
    """`root`, `user` (an unprivileged user namespace first) or `none`."""
    user: bool = False
    """Whether to become a user of its own; needs root."""
    readable: tuple[str, ...] = _SYSTEM
    """Paths that the command may read; nothing else exists for it."""
    devices: tuple[str, ...] = _DEVICES
    """Devices it may read and write."""
    scratch_mb: int = 8
    """Size of its private `/tmp`, in MiB; only with namespaces."""
    scratch_files: int = 1024
    """Files and folders in it at most."""
    scratch_executable: bool = False
    """Whether what is written there may be executed."""
    shared_mb: int = 0
    """Size of its private `/dev/shm`, in MiB; only with namespaces."""
    serve: bool = False
    """Instead of becoming a command, run commands that are asked for (`rlcf.sandbox.jail.cell`)."""
    rlimits: dict[str, int] = field(
        default_factory=lambda: {"CORE": 0, "FSIZE": 8 << 20, "NOFILE": 256, "NPROC": 128}
    )
    """Resource limits by name without `RLIMIT_`; NPROC only where the user is its own."""
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    )
    """The command's whole environment."""
    report: bool = False
    """Print a line of JSON that says which walls stand, before the command's own output."""
    command: tuple[str, ...] = ()
    """Absolute path of the program, and its arguments."""


@dataclass(frozen=True)
class Isolation:
    """The best plan that works here, and what it leaves open."""

    plan: Plan | None
    """None where nothing is offered: the command then runs as it is."""
    missing: tuple[str, ...] = ()
    """What is not covered, in words."""
    contained: bool = False
    """Whether a program cannot harm the caller's files: another tree, Landlock or another user."""

    @property
    def needs_public_files(self) -> bool:
        """Whether the command becomes another user in the same tree of files."""
        return os.geteuid() == 0 and (self.plan is None or self.plan.namespaces == "none")

    def serving(self, readable: Sequence[str], scratch_mb: int) -> list[str]:
        """The command line of a jail that runs the commands it is asked for (see `Cell`).

        Raises:
            OSError: this host offers no jail.
        """
        if self.plan is None:
            raise OSError("this host offers no isolation")
        return _line(_served(self.plan, readable, scratch_mb))

    def jailed(self, command: Sequence[str], readable: Sequence[str] = ()) -> list[str]:
        """The command line that jails itself and becomes `command`."""
        if self.plan is None:
            return list(command)
        return _line(_filled(self.plan, command, readable))

    def warn(self) -> None:
        """Say what is missing, if anything is."""
        if self.missing:
            warnings.warn(
                "untrusted programs run with less isolation than intended, this host offers no "
                + ", no ".join(self.missing)
                + " (see docs/safety.md)",
                IsolationWarning,
                stacklevel=2,
            )


def isolation(probe: Sequence[str], readable: Sequence[str] = ()) -> Isolation:
    """The best isolation under which the harmless command `probe` still ends with status 0.

    Found once for each command and process, with a warning for what is missing.
    """
    return _isolation(tuple(probe), tuple(readable), os.getpid())


@cache
def _isolation(probe: tuple[str, ...], readable: tuple[str, ...], _process: int) -> Isolation:
    found = _find(probe, readable)
    found.warn()
    return found


def serving_isolation() -> Isolation:
    """The best isolation in which a `Cell` starts; found once for each process, with a warning."""
    return isolation(())


def _find(probe: Sequence[str], readable: Sequence[str]) -> Isolation:
    """An empty `probe` means a jail that serves: it ends with status 0 as its input is closed."""
    if platform.system() != "Linux":
        return Isolation(None, ("file, network, process or user isolation",))
    for plan in _candidates():
        report = _try(
            _filled(replace(plan, report=True), probe, readable)
            if probe
            else _served(plan, readable, plan.scratch_mb)
        )
        if report is not None:
            walls = (report["namespaces"], report.get("landlock"), report["user"])
            return Isolation(plan, _gaps(report), contained=any(walls))
    return Isolation(None, ("file, network, process or user isolation",))


def _candidates() -> list[Plan]:
    root = os.geteuid() == 0
    plans = [Plan("root", user=True)] if root else [Plan("user")]
    if root:
        plans.append(Plan("none", user=True))
    return [*plans, Plan("none")]


def _gaps(report: dict[str, bool]) -> tuple[str, ...]:
    """The promises that no wall of the report keeps."""
    spaces, seccomp = report["namespaces"], report["seccomp"]
    gaps = []
    if not spaces and not report.get("landlock"):
        gaps.append("file isolation (mount namespaces, Landlock)")
    if not spaces and not seccomp:
        gaps.append("network isolation (network namespaces, seccomp)")
    if not seccomp:
        gaps.append("ban on new processes (seccomp)")
    if not spaces and not report["user"]:
        gaps.append("user or PID namespace of its own, so that threads are not capped")
    return tuple(gaps)


def _try(plan: Plan) -> dict[str, bool] | None:
    try:
        done = subprocess.run(
            _line(plan),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    report: dict[str, bool] = json.loads(done.stdout.partition(b"\n")[0])
    return report


def _filled(plan: Plan, command: Sequence[str], readable: Sequence[str]) -> Plan:
    return replace(plan, command=tuple(command), readable=(*_SYSTEM, *readable))


def _served(plan: Plan, readable: Sequence[str], scratch_mb: int) -> Plan:
    return replace(
        plan,
        serve=True,
        readable=(*readable, *_SYSTEM),
        scratch_mb=scratch_mb,
        scratch_files=16384,
        scratch_executable=True,
        shared_mb=_SHARED_MB,
        rlimits={"CORE": 0},
    )


def _line(plan: Plan) -> list[str]:
    here = str(Path(__file__).parent)
    return [sys.executable, "-I", "-S", "-c", _BOOT, here, json.dumps(asdict(plan))]
