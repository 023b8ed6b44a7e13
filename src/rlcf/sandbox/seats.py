"""A fixed number of threads, each with processes of its own, for work on many programs.

A child with a parent-death signal dies with the thread that started it, so the threads live
as long as the seats. What breaks is made anew and the work tried once more. Does not know
what the work is.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar


class BrokenError(RuntimeError):
    """A process of ours failed: nothing is known of the program."""


class Owned(Protocol):
    """What a seat keeps between items."""

    def stop(self) -> None:
        """End the work in progress; called from another thread, and followed by `close`."""
        ...

    def close(self) -> None:
        """End the processes; called by the thread that made them."""
        ...


R = TypeVar("R", bound=Owned)
T = TypeVar("T")
U = TypeVar("U")


class Gathered(Generic[T]):
    """Results of one call, which come in any order and from any thread."""

    def __init__(self, size: int) -> None:
        """So many are waited for."""
        self._found: dict[int, T] = {}
        self._size = size
        self._come = threading.Semaphore(0)

    def put(self, index: int, result: T) -> None:
        """The one result of this index."""
        self._found[index] = result
        self._come.release()

    def wait(self) -> list[T]:
        """All, in order, once they are there."""
        for _ in range(self._size):
            self._come.acquire()
        return [self._found[i] for i in range(self._size)]


@dataclass(frozen=True)
class _Task(Generic[R]):
    work: Callable[[R], Any]
    give_up: Callable[[Exception], Any]
    done: Callable[[Any], None]


class Seats(Generic[R]):
    """Threads that each own an R. Thread-safe; they start with the first work."""

    def __init__(self, make: Callable[[], R], count: int) -> None:
        self._make = make
        self._count = count
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Task[R] | None] = queue.SimpleQueue()
        self._seats: list[_Seat[R]] = []

    def submit(
        self,
        work: Callable[[R], U],
        give_up: Callable[[Exception], U],
        done: Callable[[U], None],
    ) -> None:
        """Work when a seat is free. `done` is called in any case, in the seat's thread.

        `give_up` makes the result where work fails twice, or the seats are closed before that.
        """
        with self._lock:
            if not self._seats:
                self._seats = [_Seat(self._make, self._queue) for _ in range(self._count)]
            self._queue.put(_Task(work, give_up, done))

    def map(
        self,
        work: Callable[[R, T], U],
        items: Sequence[T],
        give_up: Callable[[T, Exception], U],
    ) -> list[U]:
        """`work` on each item, in order."""
        gathered: Gathered[U] = Gathered(len(items))
        for index, item in enumerate(items):
            done = partial(gathered.put, index)
            self.submit(partial(_on, work, item), partial(give_up, item), done)
        return gathered.wait()

    def close(self) -> None:
        """Stop all work and end what the threads own; what comes then starts them anew."""
        with self._lock:
            for seat in self._seats:
                seat.stop()
            while self._seats:
                try:
                    task = self._queue.get_nowait()
                except queue.Empty:
                    break
                if task is not None:
                    task.done(task.give_up(BrokenError("it was closed")))
            for _ in self._seats:
                self._queue.put(None)
            for seat in self._seats:
                seat.thread.join(timeout=30.0)
            self._seats = []


def _on(work: Callable[[R, T], U], item: T, own: R) -> U:
    return work(own, item)


class _Seat(Generic[R]):
    """One thread, and what it keeps between items."""

    def __init__(self, make: Callable[[], R], tasks: queue.SimpleQueue[_Task[R] | None]) -> None:
        self._make = make
        self._own: R | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self.thread = threading.Thread(
            target=self._sit, args=(tasks,), name="rlcf-seat", daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        """End the work in progress, from another thread; nothing is begun any more."""
        with self._lock:
            self._stopped = True
            if self._own is not None:
                self._own.stop()

    def _sit(self, tasks: queue.SimpleQueue[_Task[R] | None]) -> None:
        for task in iter(tasks.get, None):
            try:
                result = self._do(task.work)
            except Exception as e:  # the boundary: whatever it is, it is not the program's
                result = task.give_up(e)
            task.done(result)
        self._leave()

    def _do(self, work: Callable[[R], Any]) -> Any:
        try:
            return work(self._ready())
        except BrokenError:
            self._leave()
            return work(self._ready())

    def _ready(self) -> R:
        with self._lock:
            if self._stopped:
                raise BrokenError("it was closed")
            if self._own is None:
                self._own = self._make()
            return self._own

    def _leave(self) -> None:
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()
