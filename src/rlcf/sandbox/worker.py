"""A warm compiler in a jail: JSON lines in, JSON lines out, one program at a time.

For tools that can judge a program without starting anew (a language service, an interpreter's
own parser). The process may start no others and is killed at a deadline or beyond its memory.
It must answer each line by one line, and end with status 0 when its input ends. Does not know
what the lines mean.
"""

from __future__ import annotations

import json
import os
import select
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
        for stream in (self._child.input, self._child.output):
            os.set_blocking(stream.fileno(), False)
        self._usage = Usage(self._child.process.pid)
        self._receive(Deadline(_START_SECONDS))

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer.

        Raises:
            BrokenError: it ended; make another.
            WorkerLateError: it took too long or too much memory, and was ended.
        """
        deadline = Deadline(self._limits.wall_seconds, self._usage.since_now(self._limits))
        self._send(json.dumps(request).encode("ascii") + b"\n", deadline)
        try:
            answer: dict[str, Any] = json.loads(self._receive(deadline))
        except ValueError as e:
            self.close()
            raise BrokenError("the worker talks nonsense") from e
        return answer

    def close(self) -> None:
        """End it."""
        self._child.close()

    def _send(self, data: bytes, deadline: Deadline) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._child.input.fileno(), view) :]
            except BlockingIOError:
                if not deadline.wait(self._child.input.fileno(), select.POLLOUT):
                    self._late(deadline)
            except (OSError, ValueError) as e:
                self.close()
                raise BrokenError("the worker has ended") from e

    def _receive(self, deadline: Deadline) -> bytes:
        while (line := self._child.line()) is None:
            try:
                data = os.read(self._child.output.fileno(), 1 << 20)
            except BlockingIOError:
                if not deadline.wait(self._child.output.fileno(), select.POLLIN):
                    self._late(deadline)
                continue
            except (OSError, ValueError):
                data = b""
            if not data:
                self.close()
                raise BrokenError("the worker has ended")
            self._child.buffer += data
        return line

    def _late(self, deadline: Deadline) -> None:
        self.close()
        raise WorkerLateError(f"limit: {deadline.hit}")
