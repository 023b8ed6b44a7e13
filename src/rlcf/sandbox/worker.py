"""A warm compiler in a jail: JSON lines in, JSON lines out, one program at a time.

For tools that can judge a program without starting anew (a language service, an interpreter's
own parser). The process may start no others and is killed at a deadline or beyond its memory.
It must answer each line by one line, and end with status 0 when its input ends. Does not know
what the lines mean.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rlcf.sandbox.cell import SYSTEM, python_paths
from rlcf.sandbox.child import Child
from rlcf.sandbox.isolation import isolation
from rlcf.sandbox.limits import Limits
from rlcf.sandbox.seats import BrokenError
from rlcf.sandbox.usage import Deadline, Usage

_START_SECONDS = 120.0


class WorkerLateError(Exception):
    """No answer within the limits: this program, not the worker, is to blame."""


class Worker:
    """One running worker; used by one thread at a time."""

    def __init__(self, command: Sequence[str], readable: Sequence[str], limits: Limits) -> None:
        """Start it.

        Raises:
            BrokenError: it does not start, or this host offers no wall around files.
        """
        paths = (*SYSTEM, *python_paths(), *readable)
        jail = isolation(command, paths)
        if not jail.contained:
            raise BrokenError("this host offers no file isolation (see docs/safety.md)")
        self._limits = limits
        self._child = Child(jail.jailed(command, paths))
        self._usage = Usage(self._child.process.pid)
        deadline = Deadline(_START_SECONDS)
        self._answer(self._child.line(deadline), deadline)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer.

        Raises:
            BrokenError: it ended; make another.
            WorkerLateError: it took too long or too much memory, and was ended.
        """
        deadline = Deadline(self._limits.wall_seconds, self._usage.since_now(self._limits))
        line = self._answer(self._child.ask(request, deadline), deadline)
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError as e:
            self.close()
            raise BrokenError("the worker talks nonsense") from e
        return answer

    def stop(self) -> None:
        """Kill it, from another thread; `close` by its own must follow."""
        self._child.signal()

    def close(self) -> None:
        """End it."""
        self._child.close()

    def _answer(self, line: bytes | None, deadline: Deadline) -> bytes:
        if line is not None:
            return line
        self.close()
        if deadline.hit:
            raise WorkerLateError(f"limit: {deadline.hit}")
        raise BrokenError("the worker has ended")
