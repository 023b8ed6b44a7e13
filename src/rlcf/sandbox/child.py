"""A process of ours at the other end of two pipes: its start, its end, what is said meanwhile.

In a session of its own, so that ending it ends whatever it started. Never waits without a deadline.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Sequence

from rlcf.sandbox.usage import Deadline

_CHUNK = 1 << 16


class Child:
    """A running process. Used by one thread at a time, and ended by `close`."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        for stream in (self._input, self._output):
            os.set_blocking(stream.fileno(), False)
        self._buffer = b""  # what has been read and not yet been used

    def ask(self, request: object, deadline: Deadline) -> bytes | None:
        """The line that answers a line of JSON; None as for `line`."""
        sent = self.send(json.dumps(request).encode("ascii") + b"\n", deadline)
        return self.line(deadline) if sent else None

    def send(self, data: bytes, deadline: Deadline) -> bool:
        """Whether all was written: not if the process ended, or `deadline.hit` says what was."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._input.fileno(), view) :]
            except BlockingIOError:
                if not deadline.wait(self._input.fileno(), select.POLLOUT):
                    return False
            except (OSError, ValueError):  # it ended, or was closed under us
                return False
        return True

    def line(self, deadline: Deadline) -> bytes | None:
        """The next line without its end; None if the process ended or a limit was hit first."""
        while b"\n" not in self._buffer:
            if not self._fill(deadline):
                return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def read(self, size: int, deadline: Deadline) -> bytes:
        """`size` bytes, or fewer if a limit or the end of the process comes first."""
        while len(self._buffer) < size and self._fill(deadline):
            pass
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _fill(self, deadline: Deadline) -> bool:
        while True:
            try:
                data = os.read(self._output.fileno(), _CHUNK)
            except BlockingIOError:
                if not deadline.wait(self._output.fileno(), select.POLLIN):
                    return False
                continue
            except (OSError, ValueError):
                return False
            self._buffer += data
            return bool(data)

    def signal(self) -> None:
        """Kill it and everything it started; `close` by its own thread must follow."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and everything it started."""
        if self.process.poll() is None:  # else its number may be another's by now
            self.signal()
        self.process.wait()
        for stream in (self._input, self._output):
            with contextlib.suppress(OSError):
                stream.close()
