"""Limits on a running process, looked at from outside while its answer is awaited.

Wall time by the clock; CPU time and resident memory from `/proc`, which exists on
Linux only: elsewhere these two are not enforced here. Whoever finds a limit hit kills
the process.
"""

from __future__ import annotations

import os
import select
import time

from rlcf.sandbox.limits import Limits

WALL_TIME = "wall time"
CPU_TIME = "CPU time"
MEMORY = "resident memory"
_SLICE_SECONDS = 0.05
_OWN_SHARE_MB = 256
"""Resident memory of a JVM beyond its heap: code, metaspace, stacks, direct buffers."""


class Deadline:
    """A span of time to wait in, and further limits to look at now and then."""

    def __init__(self, seconds: float, meter: Meter | None = None) -> None:
        self._start = time.monotonic()
        self._end = self._start + seconds
        self._meter = meter
        self.hit = ""
        """The limit that was hit, such as `WALL_TIME`; empty while none is."""

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._start

    def cpu_seconds(self) -> float:
        """CPU time used since the beginning."""
        return self._meter.cpu_seconds() if self._meter else 0.0

    def wait(self, fd: int, event: int) -> bool:
        """Whether the descriptor became ready before a limit was hit."""
        poll = select.poll()
        poll.register(fd, event)
        while not self.hit:
            left = self._end - time.monotonic()
            if left <= 0:
                self.hit = WALL_TIME
            elif poll.poll((min(left, _SLICE_SECONDS) if self._meter else left) * 1000 + 1):
                return True
            elif self._meter is not None:
                self.hit = self._meter.over()
        return False


class Usage:
    """What a process tree of at most a parent and its child has used."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._child: int | None = None

    def since_now(self, limits: Limits) -> Meter:
        """A meter of these limits that begins now."""
        return Meter(self, limits)

    def _process(self) -> int:
        """The process that works: the jail's child where it has one, else the jail itself."""
        if self._child is None:
            try:
                with open(f"/proc/{self._pid}/task/{self._pid}/children", encoding="ascii") as file:
                    words = file.read().split()
            except OSError:
                words = []
            self._child = int(words[0]) if words else self._pid
        return self._child

    def cpu_seconds(self) -> float:
        """CPU time since the process began."""
        try:
            with open(f"/proc/{self._process()}/stat", encoding="utf-8", errors="replace") as file:
                words = file.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Resident memory in MiB."""
        try:
            with open(f"/proc/{self._process()}/statm", encoding="ascii") as file:
                pages = int(file.read().split()[1])
        except (OSError, IndexError):
            return 0.0
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


class Meter:
    """CPU time from its beginning on, and memory, against limits."""

    def __init__(self, usage: Usage, limits: Limits) -> None:
        self._usage = usage
        self._limits = limits
        self._before = usage.cpu_seconds()

    def cpu_seconds(self) -> float:
        """CPU time since the beginning."""
        return self._usage.cpu_seconds() - self._before

    def over(self) -> str:
        """The limit that is hit; empty if none is."""
        if self.cpu_seconds() > self._limits.cpu_seconds:
            return CPU_TIME
        return MEMORY if self._usage.resident_mb() > self._limits.memory_mb + _OWN_SHARE_MB else ""
