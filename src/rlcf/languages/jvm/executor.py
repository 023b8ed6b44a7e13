"""One JVM that runs tests, and the only place that believes what it says.

Each request carries a fresh secret that the answer must repeat; an answer without it
was written by the program under test. Every limit is enforced from here, by killing
the process. Used by one thread at a time.
"""

from __future__ import annotations

import secrets
import signal
import struct
import subprocess
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlcf.languages.jvm.joined import Entry
from rlcf.languages.outcome import Outcome
from rlcf.sandbox.child import Child
from rlcf.sandbox.limits import Limits
from rlcf.sandbox.usage import MEMORY, WALL_TIME, Deadline, Usage

_OUTCOMES = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.MEMORY)
_EXIT_MEMORY = 213
_EXIT_OUTPUT = 217
_START_SECONDS = 30.0
_ANSWER_SECONDS = 5.0
_HEAD = struct.Struct(">16sBiH")


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it did to the process."""

    outcome: Outcome
    seconds: float
    detail: str = ""
    soiled: str = "ended"
    """What is not as it was before, so that the process may not be used again; empty if all is."""
    starved: bool = False
    """Whether time ran out while the program had little of the CPU."""


class Executor:
    """A running JVM."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it; `ready` waits for it.

        Raises:
            OSError: it cannot be started.
        """
        self._child = Child(command)
        self._is_ready = False
        self._usage = Usage(self._child.process.pid)
        self.runs = 0

    def ready(self) -> bool:
        """Whether it came up; waits for it."""
        if not self._is_ready:
            self._is_ready = self._child.read(1, Deadline(_START_SECONDS)) == b"R"
        return self._is_ready

    def run(self, classes: Mapping[str, str], entry: Entry, limits: Limits) -> Ended:
        """Run the tests of these classes (binary name -> base64 class file)."""
        self.runs += 1
        deadline = Deadline(limits.wall_seconds, self._usage.since_now(limits))
        secret = secrets.token_bytes(16)
        if not self._child.send(secret + _frame(classes, entry), deadline):
            return self._broken(deadline)
        head = self._child.read(_HEAD.size, deadline)
        if not head:
            return self._broken(deadline)
        if len(head) < _HEAD.size or head[:16] != secret:
            return Ended(Outcome.ERROR, deadline.elapsed(), _FORGED)
        _, outcome, micros, length = _HEAD.unpack(head)
        grace = Deadline(_ANSWER_SECONDS)
        soiled = self._child.read(length, grace).decode(errors="replace")
        (length,) = struct.unpack(">H", self._child.read(2, grace).ljust(2, b"\0"))
        detail = self._child.read(length, grace).decode(errors="replace")
        return Ended(_OUTCOMES[outcome], micros / 1e6, detail, soiled)

    def signal(self) -> None:
        """Kill it and everything it started; `kill` by its own thread must follow."""
        self._child.signal()

    def kill(self) -> None:
        """End it and everything it started."""
        self._child.close()

    def _broken(self, deadline: Deadline) -> Ended:
        """What it means that no answer came: a limit was hit, or the process ended."""
        seconds = deadline.elapsed()
        if deadline.hit:
            outcome = Outcome.MEMORY if deadline.hit == MEMORY else Outcome.TIMEOUT
            starved = deadline.hit == WALL_TIME and deadline.cpu_seconds() < seconds / 2
            return Ended(outcome, seconds, f"limit: {deadline.hit}", starved=starved)
        try:
            status = self._child.process.wait(timeout=_ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            return Ended(Outcome.ERROR, seconds, "closed the result channel")
        if status == _EXIT_OUTPUT:
            return Ended(Outcome.OUTPUT_LIMIT, seconds, "limit: output")
        if status == _EXIT_MEMORY:
            return Ended(Outcome.MEMORY, seconds, "limit: heap")
        if status == -signal.SIGKILL:
            return Ended(Outcome.UNSCORED, seconds, "the executor was killed from outside")
        return Ended(Outcome.ERROR, seconds, f"ended the process, status {status}")


_FORGED = "wrote to the result channel"


def _frame(classes: Mapping[str, str], entry: Entry) -> bytes:
    parts = [struct.pack(">i", len(classes))]
    for name, code in classes.items():
        data = b64decode(code)
        parts += [_utf(name), struct.pack(">i", len(data)), data]
    flags = (entry.arguments, entry.sealed, entry.first_line, entry.last_line)
    parts += [_utf(entry.main), struct.pack(">??ii", *flags)]
    body = b"".join(parts)
    return struct.pack(">i", len(body)) + body


def _utf(text: str) -> bytes:
    # Java's modified UTF-8: every UTF-16 unit on its own; NUL cannot be in a name.
    units = text.encode("utf-16-be")
    encoded = b"".join(
        chr(int.from_bytes(units[i : i + 2])).encode("utf-8", "surrogatepass")
        for i in range(0, len(units), 2)
    )
    return struct.pack(">H", len(encoded)) + encoded
