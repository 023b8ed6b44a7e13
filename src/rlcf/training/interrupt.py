"""Ctrl-C in long work: finish what is half done, save, then stop.

Handles SIGINT and SIGTERM in the main thread. A second Ctrl-C stops at once.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, after everything was saved."""


class StopFlag:
    """Set once the user asked to stop."""

    def __init__(self) -> None:
        self.set = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.set:
            raise KeyboardInterrupt
        self.set = True
        print(
            "\nfinishing this step, then saving a checkpoint (Ctrl-C again stops at once)",
            file=sys.stderr,
        )


@contextlib.contextmanager
def stop_on_signal() -> Iterator[StopFlag]:
    """Within the block, Ctrl-C and SIGTERM set the flag instead of tearing the work apart."""
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag  # only the main thread may set handlers
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, flag._on_signal) for number in numbers]
    try:
        yield flag
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
