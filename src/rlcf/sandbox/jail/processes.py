"""The processes of a cell: what they use, and how all of them are ended.

In a PID namespace of its own the cell is process 1 and everything else there is its work. Where
there is none it adopts orphans (subreaper) and walks its descendants.
"""

from __future__ import annotations

import contextlib
import os
import signal

from . import linux

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
_ROUNDS = 200


class Tree:
    """Everything that this process has started."""

    def __init__(self, own_namespace: bool) -> None:
        self._own = own_namespace and os.getpid() == 1
        if not self._own:
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)

    def usage(self, pid: int, processes: bool) -> tuple[float, float]:
        """CPU seconds and resident MiB: of one process, or of all if it may start others."""
        cpu = memory = 0.0
        for number in self._members() if processes else (pid,):
            used = _of(number)
            cpu += used[0]
            memory += used[1]
        return cpu, memory

    def kill(self) -> None:
        """End all of them and wait until they are gone."""
        for _ in range(_ROUNDS):  # a process may fork while it is being killed
            members = self._members()
            if self._own:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)  # everything in this PID namespace but us
            else:
                for number in members:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)
            try:
                while os.waitpid(-1, 0 if members else os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return

    def _members(self) -> list[int]:
        if self._own:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return _below(os.getpid())


def _below(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
    except OSError:
        return []
    return [number for child in children for number in (child, *_below(child))]


def _of(pid: int) -> tuple[float, float]:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    # Its waited-for children count too: a compiler driver's time is theirs.
    ticks = sum(int(words[i]) for i in (11, 12, 13, 14))
    return ticks / _TICKS, int(words[21]) * _PAGE_MB
