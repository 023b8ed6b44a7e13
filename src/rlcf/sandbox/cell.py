"""A jail that runs commands on request: files in, limits, what came out.

Any command of any language. The walls are those of `rlcf.sandbox.isolation`; every request gets
an empty folder and leaves nothing behind. A cell is used by one thread at a time, and dies with
the thread that made it (`seats`). Does not know languages, nor what an outcome means.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rlcf.sandbox.child import Child
from rlcf.sandbox.isolation import serving_isolation
from rlcf.sandbox.seats import BrokenError
from rlcf.sandbox.usage import Deadline

SYSTEM = ("/usr", "/bin", "/lib32", "/etc/alternatives")
"""Readable in every cell besides the system's libraries: compilers, interpreters, headers."""
_START_SECONDS = 30.0
_GRACE_SECONDS = 10.0


class CellBrokenError(BrokenError):
    """The cell ended or does not answer: our failure, not the program's."""


@dataclass(frozen=True)
class StepLimits:
    """What one command may use."""

    wall_seconds: float = 30.0
    cpu_seconds: float = 10.0
    """Of all its processes."""
    memory_mb: int = 1024
    """Resident memory of all its processes, in MiB."""
    output_bytes: int = 1 << 18
    """Standard output and error together."""
    file_mb: int = 64
    """Largest file that it may write."""


@dataclass(frozen=True)
class Step:
    """One command, run in the request's folder."""

    command: tuple[str, ...] = ()
    """Absolute path of the program, and its arguments."""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    """Written before it starts; names may have folders."""
    remove: tuple[str, ...] = ()
    """Files of earlier steps that are deleted before it starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Besides PATH, HOME, TMPDIR and LANG."""
    stdin: str = ""
    """At most 4,096 bytes."""
    processes: bool = False
    """Whether it may start further processes, as compiler drivers do; programs may not."""
    limits: StepLimits = StepLimits()
    python: Mapping[str, object] | None = None
    """Instead of a command: a program for the cell's own interpreter (`jail.pyrun`)."""


@dataclass(frozen=True)
class Finished:
    """What became of a step."""

    status: int
    """Exit status; minus the signal's number if one ended it."""
    limit: str
    """The limit that it hit (`wall time`, `CPU time`, `memory`, `output`), or empty."""
    out: str
    err: str
    seconds: float
    cpu_seconds: float
    memory_mb: float

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.status == 0 and not self.limit


@dataclass(frozen=True)
class Answer:
    """What became of a request."""

    steps: tuple[Finished, ...]
    """Up to the first that did not end well."""
    done: str
    """What the file `done` held at the end: the place for a proof that the tests were finished."""
    files: Mapping[str, bytes]
    """Those asked for that exist."""

    @property
    def last(self) -> Finished:
        """The step at which it ended."""
        return self.steps[-1]


class Cell:
    """One jail with a process that runs commands in it."""

    def __init__(self, readable: Sequence[str] = (), scratch_mb: int = 256) -> None:
        """Start it.

        Args:
            readable: files and folders that commands may read, besides the system's.
            scratch_mb: size of the folder that they may write to.

        Raises:
            CellBrokenError: it does not start, or this host offers no wall around files.
        """
        isolation = serving_isolation()
        if isolation.plan is None or not isolation.contained:
            raise CellBrokenError("this host offers no file isolation (see docs/safety.md)")
        paths = (*SYSTEM, *python_paths(), *readable)
        self._child = Child(isolation.serving(paths, scratch_mb))
        deadline = Deadline(_START_SECONDS)
        self._answer(self._child.line(deadline), deadline)

    def run(self, steps: Sequence[Step], collect: Sequence[str] = ()) -> Answer:
        """Run the steps one after another in one folder, up to the first that fails.

        Raises:
            CellBrokenError: no answer; make another cell.
        """
        request = {"steps": [_to_json(step) for step in steps], "collect": list(collect)}
        patience = sum(step.limits.wall_seconds for step in steps) + _GRACE_SECONDS
        deadline = Deadline(patience)
        answer = json.loads(self._answer(self._child.ask(request, deadline), deadline))
        files = {name: base64.b64decode(text) for name, text in answer["files"].items()}
        return Answer(tuple(Finished(**s) for s in answer["steps"]), answer["done"], files)

    def stop(self) -> None:
        """Kill it, from another thread; `close` by its own must follow."""
        self._child.signal()

    def close(self) -> None:
        """End it and whatever runs in it."""
        self._child.close()

    def _answer(self, line: bytes | None, deadline: Deadline) -> bytes:
        if line is None:
            self.close()
            raise CellBrokenError(f"the cell {'does not answer' if deadline.hit else 'has ended'}")
        return line


def python_paths() -> tuple[str, ...]:
    """Where this interpreter's standard library lies."""
    found = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
    return (*filter(None, found), os.path.realpath(sys.executable))


def within(step: Step, limits: StepLimits) -> Step:
    """The step under these limits."""
    return replace(step, limits=limits)


def _to_json(step: Step) -> dict[str, object]:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": ".",
        "TMPDIR": ".",
        **step.environment,
    }
    return {
        "command": list(step.command),
        "files": {n: base64.b64encode(_bytes(d)).decode("ascii") for n, d in step.files.items()},
        "remove": list(step.remove),
        "environment": environment,
        "stdin": step.stdin,
        "processes": step.processes,
        "limits": vars(step.limits),
        "python": step.python,
    }


def _bytes(data: str | bytes) -> bytes:
    # Lone surrogates cannot be written as UTF-8: a program that has them has a "?" there.
    return data if isinstance(data, bytes) else data.encode("utf-8", "replace")
