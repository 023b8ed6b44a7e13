"""A process of ours at the other end of two pipes: its start and its end.

In a session of its own, so that ending it ends whatever it started. Does not know what is said
through the pipes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence


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
        self.input, self.output = self.process.stdin, self.process.stdout
        self.buffer = b""
        """What has been read of the output and not yet been used."""

    def line(self) -> bytes | None:
        """The next line without its end, if all of it is in the buffer."""
        if b"\n" not in self.buffer:
            return None
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def signal(self) -> None:
        """Kill it and everything it started; `close` by its own thread must follow."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and everything it started."""
        if self.process.poll() is None:  # else its number may be another's by now
            self.signal()
        self.process.wait()
        for stream in (self.input, self.output):
            with contextlib.suppress(OSError):
                stream.close()
