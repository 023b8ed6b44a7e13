"""Seats for running tests: each a long-lived thread with a JVM of its own.

Programs that can touch nothing lasting share their seat's JVM one after another;
every other program gets a fresh one. The threads live as long as the pool, because
a child with a parent-death signal dies with the thread that started it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rlcf.languages.jvm.executor import Ended, Executor
from rlcf.languages.jvm.joined import Entry
from rlcf.languages.jvm.launch import Launcher
from rlcf.languages.outcome import Outcome
from rlcf.sandbox.limits import Limits


@dataclass(frozen=True)
class Work:
    """One program to run, and whom to tell."""

    classes: Mapping[str, str]
    """Binary class name -> class file, base64."""
    entry: Entry
    shared: bool
    """Whether it may run in a process that ran others."""
    limits: Limits
    done: Callable[[Ended], None]


_UNCONTAINED = Ended(
    Outcome.UNSCORED, 0.0, "not run: it may reach files, and this host offers no file isolation"
)
_CLOSED = Ended(Outcome.UNSCORED, 0.0, "the runner was closed")


class Pool:
    """A fixed number of seats. Thread-safe; threads and processes start with the first work."""

    def __init__(
        self,
        launcher: Launcher,
        seats: int,
        retire: int,
        confirm_all: bool,
    ) -> None:
        """A JVM retires after `retire` programs; `confirm_all` failures are seen twice."""
        self._launcher = launcher
        self._retire = retire
        self._confirm_all = confirm_all
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name="rlcf-java-seat", daemon=True)
            for _ in range(seats)
        ]
        self._lock = threading.Lock()
        self._started = False
        self._executors: set[Executor] = set()
        self._closed = False

    def submit(self, work: Work) -> None:
        """Run it when a seat is free; `work.done` is called in any case."""
        with self._lock:
            if not self._closed:
                if not self._started:
                    self._started = True
                    for thread in self._threads:
                        thread.start()
                self._queue.put(work)
                return
        work.done(_CLOSED)

    def close(self) -> None:
        """Kill every executor and end the threads; what is not done becomes unscored."""
        with self._lock:
            self._closed = True
            executors = list(self._executors)
            started = self._started
        for executor in executors:
            executor.signal()
        while True:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                break
            if work is not None:
                work.done(_CLOSED)
        for _ in self._threads:
            self._queue.put(None)
        if started:
            for thread in self._threads:
                thread.join(timeout=5.0)

    def _work(self) -> None:
        seat = Seat(self._start, self._stop, self._retire, self._confirm_all)
        for work in iter(self._queue.get, None):
            try:
                ended = seat.run(work) if self._may_run(work) else _UNCONTAINED
            except Exception as e:  # whatever it is, it says nothing of the program
                ended = Ended(Outcome.UNSCORED, 0.0, f"cannot run an executor: {e!r}")
            work.done(ended)
        seat.close()

    def _may_run(self, work: Work) -> bool:
        """Without a wall around files only programs that cannot reach any are run."""
        return work.shared or self._launcher.contained

    def _start(self, limits: Limits) -> Executor:
        executor = Executor(self._launcher.command(limits))
        with self._lock:
            self._executors.add(executor)
            closed = self._closed
        if closed:
            self._stop(executor)
            raise OSError("the runner was closed")
        return executor

    def _stop(self, executor: Executor) -> None:
        executor.kill()
        with self._lock:
            self._executors.discard(executor)


class Seat:
    """What one thread keeps between programs: a JVM, if the last program left it clean."""

    def __init__(
        self,
        start: Callable[[Limits], Executor],
        stop: Callable[[Executor], None],
        retire: int,
        confirm_all: bool,
    ) -> None:
        self._start = start
        self._stop = stop
        self._retire = retire
        self._confirm_all = confirm_all
        self._warm: Executor | None = None
        self._warm_for: tuple[int, int] = (0, 0)

    def run(self, work: Work) -> Ended:
        """Run it and return how it ended; `work.done` is not called."""
        ended = self._in_warm(work) if work.shared else self._in_fresh(work)
        if ended.outcome is Outcome.UNSCORED:  # killed from outside: once more
            ended = self._in_fresh(work)
        return ended

    def close(self) -> None:
        """End the JVM."""
        if self._warm is not None:
            self._stop(self._warm)
            self._warm = None

    def _in_fresh(self, work: Work) -> Ended:
        executor = self._ready(work.limits)
        try:
            return executor.run(work.classes, work.entry, work.limits)
        finally:
            self._stop(executor)

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
            executor = self._start(limits)
            if executor.ready():
                return executor
            self._stop(executor)
        raise OSError("the executor did not start")

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
