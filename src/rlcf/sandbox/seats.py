"""A fixed number of threads, each with processes of its own, for work on many programs.

A child with a parent-death signal dies with the thread that started it, so the threads live
as long as the seats. What breaks is made anew and the work tried once more. Does not know
what the work is.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

R = TypeVar("R")
T = TypeVar("T")
U = TypeVar("U")


class BrokenError(RuntimeError):
    """A process of ours failed: nothing is known of the program."""


class Seats(Generic[R]):
    """Threads that each own an R. Thread-safe; they start with the first work."""

    def __init__(self, make: Callable[[], R], close: Callable[[R], None], count: int) -> None:
        self._make = make
        self._close = close
        self._count = count
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Callable[[_Seat[R]], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def map(
        self,
        work: Callable[[R, T], U],
        items: Sequence[T],
        give_up: Callable[[T, Exception], U],
    ) -> list[U]:
        """`work` on each item, in order; `give_up` makes the result where it fails twice."""
        if not items:
            return []
        results: dict[int, U] = {}
        left = threading.Semaphore(0)

        def one(index: int, item: T) -> Callable[[_Seat[R]], None]:
            def on(seat: _Seat[R]) -> None:
                try:
                    results[index] = seat.do(lambda own: work(own, item))
                except Exception as e:  # the boundary: whatever it is, it is not the program's
                    results[index] = give_up(item, e)
                finally:
                    left.release()

            return on

        with self._lock:
            self._start()
            for index, item in enumerate(items):
                self._queue.put(one(index, item))
        for _ in items:
            left.acquire()
        return [results[i] for i in range(len(items))]

    def close(self) -> None:
        """End all threads and what they own; the next `map` starts them anew."""
        with self._lock:
            threads, self._threads = self._threads, []
            for _ in threads:
                self._queue.put(None)
            for thread in threads:
                thread.join(timeout=30.0)

    def _start(self) -> None:
        while len(self._threads) < self._count:
            thread = threading.Thread(target=self._sit, name="rlcf-seat", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _sit(self) -> None:
        seat = _Seat(self._make, self._close)
        for task in iter(self._queue.get, None):
            task(seat)
        seat.leave()


class _Seat(Generic[R]):
    """What one thread keeps between items."""

    def __init__(self, make: Callable[[], R], close: Callable[[R], None]) -> None:
        self._make = make
        self._close = close
        self._own: R | None = None

    def do(self, work: Callable[[R], U]) -> U:
        try:
            return work(self._ready())
        except BrokenError:
            self.leave()
            return work(self._ready())

    def leave(self) -> None:
        if self._own is not None:
            self._close(self._own)
            self._own = None

    def _ready(self) -> R:
        if self._own is None:
            self._own = self._make()
        return self._own
