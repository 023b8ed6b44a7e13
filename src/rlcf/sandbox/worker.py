"""A warm compiler in a jail: JSON lines in, JSON lines out, one program at a time.

For tools that can judge a program without starting anew (a language service, an interpreter's
own parser). The process may start no others and is killed at a deadline or beyond its memory.
It must answer each line by one line, and end with status 0 when its input ends. Does not know
what the lines mean.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Sequence
from typing import Any

from rlcf.sandbox.base import Limits
from rlcf.sandbox.cell import SYSTEM, python_paths
from rlcf.sandbox.isolation import isolation
from rlcf.sandbox.java.usage import Deadline, Usage
from rlcf.sandbox.seats import BrokenError

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
        self._process = subprocess.Popen(
            jail.jailed(command, paths),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._out.fileno(), False)
        os.set_blocking(self._in.fileno(), False)
        self._usage = Usage(self._process.pid)
        self._buffer = b""
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
        if self._process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._in, self._out):
            with contextlib.suppress(OSError):
                stream.close()

    def _send(self, data: bytes, deadline: Deadline) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._in.fileno(), view) :]
            except BlockingIOError:
                if not deadline.wait(self._in.fileno(), select.POLLOUT):
                    self._late(deadline)
            except (OSError, ValueError) as e:
                self.close()
                raise BrokenError("the worker has ended") from e

    def _receive(self, deadline: Deadline) -> bytes:
        while b"\n" not in self._buffer:
            try:
                data = os.read(self._out.fileno(), 1 << 20)
            except BlockingIOError:
                if not deadline.wait(self._out.fileno(), select.POLLIN):
                    self._late(deadline)
                continue
            except (OSError, ValueError):
                data = b""
            if not data:
                self.close()
                raise BrokenError("the worker has ended")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _late(self, deadline: Deadline) -> None:
        self.close()
        raise WorkerLateError(f"limit: {deadline.why}")
