"""What one thread keeps between programs that run on the JVM: an executor, if it was left clean.

Programs that can touch nothing lasting share a seat's JVM one after another; every other program
gets a fresh one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from rlcf.languages.jvm.executor import Ended, Executor
from rlcf.languages.jvm.joined import Entry
from rlcf.languages.jvm.launch import Launcher
from rlcf.languages.outcome import Outcome
from rlcf.sandbox.limits import Limits


@dataclass(frozen=True)
class Work:
    """One program to run."""

    classes: Mapping[str, str]
    """Binary class name -> class file, base64."""
    entry: Entry
    shared: bool
    """Whether it may run in a process that ran others."""
    limits: Limits


_UNCONTAINED = Ended(
    Outcome.UNSCORED, 0.0, "not run: it may reach files, and this host offers no file isolation"
)


class JvmSeat:
    """Runs one program after another, all in one thread."""

    def __init__(self, launcher: Launcher, retire: int, confirm_all: bool = False) -> None:
        """A JVM retires after `retire` programs; `confirm_all` failures are seen twice."""
        self._launcher = launcher
        self._retire = retire
        self._confirm_all = confirm_all
        self._warm: Executor | None = None
        self._warm_for: tuple[int, int] = (0, 0)
        self._lock = threading.Lock()
        self._running: set[Executor] = set()
        self._stopped = False

    def run(self, work: Work) -> Ended:
        """How it ended."""
        if not (work.shared or self._launcher.contained):
            return _UNCONTAINED
        ended = self._in_warm(work) if work.shared else self._in_fresh(work)
        if ended.outcome is Outcome.UNSCORED:  # killed from outside: once more
            ended = self._in_fresh(work)
        return ended

    def stop(self) -> None:
        """Kill what runs, from another thread; nothing is started any more."""
        with self._lock:
            self._stopped = True
            for executor in self._running:
                executor.signal()

    def close(self) -> None:
        """End the JVM."""
        if self._warm is not None:
            self._end(self._warm)
            self._warm = None

    def _in_fresh(self, work: Work) -> Ended:
        executor = self._ready(work.limits)
        try:
            return executor.run(work.classes, work.entry, work.limits)
        finally:
            self._end(executor)

    def _in_warm(self, work: Work) -> Ended:
        needs = (work.limits.memory_mb, work.limits.output_bytes)
        if self._warm is not None and self._warm_for != needs:
            self.close()
        if self._warm is None:
            self._warm, self._warm_for = self._ready(work.limits), needs
        used = self._warm.runs > 0
        ended = self._warm.run(work.classes, work.entry, work.limits)
        if ended.soiled or self._warm.runs >= self._retire:
            self.close()
        if used and self._is_doubtful(ended):
            again = self._in_fresh(work)
            if ended.outcome is Outcome.UNSCORED or again.outcome.executed:
                return again
        return ended

    def _ready(self, limits: Limits) -> Executor:
        """A new executor that is up; one that is killed while it starts gets a second try."""
        for _ in range(2):
            executor = Executor(self._launcher.command(limits))
            with self._lock:
                self._running.add(executor)
                stopped = self._stopped
            if not stopped and executor.ready():
                return executor
            self._end(executor)
        raise OSError("the executor did not start")

    def _end(self, executor: Executor) -> None:
        with self._lock:
            self._running.discard(executor)
        executor.kill()

    def _is_doubtful(self, ended: Ended) -> bool:
        """Whether a failure may be the process's history, or the machine's load, at work."""
        if ended.outcome is Outcome.PASSED:
            return False
        return (
            self._confirm_all
            or ended.outcome in (Outcome.MEMORY, Outcome.UNSCORED)
            or ended.starved
            or ended.detail.startswith(_MACHINE_ERRORS)
        )


_MACHINE_ERRORS = tuple(
    f"java.lang.{name}"
    for name in (
        "StackOverflowError",
        "NoClassDefFoundError",
        "InternalError",
        "UnknownError",
        "LinkageError",
        "BootstrapMethodError",
    )
)
"""Errors that depend on what the process did before: compiled code, loaded classes."""
