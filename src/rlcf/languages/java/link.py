"""The pipe to a compile server: many programs in flight, answers to whoever asked.

Owns one server process at a time; starts it on first use, notices when it dies or
stops answering, and starts another. What was in flight is then `LOST`, and the
caller decides. Does not look into answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from typing import IO, Any

from rlcf.sandbox.seats import Gathered

_END_SECONDS = 5.0
_ANSWER = re.compile(rb'\{"id":(\d+),')
_GREETING = b'{"ready":'
_MEDDLING = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH")
"""Environment variables that would change the server's JVM behind our back."""
LOST = b""
"""The answer of a program whose server died before it answered."""


class Link:
    """A server process and the programs in flight to it. Thread-safe; a fork starts its own."""

    def __init__(self, command: Sequence[str], window: int, patience: float) -> None:
        """`window` programs in flight; `patience` seconds without any answer mean it hangs."""
        self._command = list(command)
        self._window = window
        self._patience = patience
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._owner = os.getpid()

    @property
    def pid(self) -> int | None:
        """Process id of the running server, for tests and measurements."""
        session = self._session
        return session.process.pid if session and session.alive else None

    def ask(self, requests: Sequence[dict[str, Any]]) -> list[bytes]:
        """The answer line to each request, in order; `LOST` where the server died.

        Raises:
            RuntimeError: the server does not start.
        """
        batch: Gathered[bytes] = Gathered(len(requests))
        for index, request in enumerate(requests):
            while (session := self._running()) and not session.send(request, batch, index):
                pass  # it died between being looked up and being written to
            if session is None:
                batch.put(index, LOST)
        return batch.wait()

    def retire(self, pid: int | None) -> None:
        """Kill the server if it is still the one with this process id."""
        session = self._session
        if session is not None and session.process.pid == pid:
            session.kill()

    def close(self) -> None:
        """Stop the server; the next `ask` starts another."""
        if self._owner != os.getpid():
            return  # the parent's server is not ours to stop
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.kill()
            session.wait()

    def _running(self) -> _Session | None:
        """The server, started if need be; None if it is killed while it starts, twice."""
        if self._owner != os.getpid():
            self._lock, self._session, self._owner = threading.Lock(), None, os.getpid()
        with self._lock:
            for _ in range(2):
                if self._session is not None and self._session.alive:
                    break
                self._session = _Session(self._command, self._window, self._patience)
            return self._session if self._session is not None and self._session.alive else None


class _Session:
    """One life of the server process."""

    def __init__(self, command: Sequence[str], window: int, patience: float) -> None:
        self._window = window
        self._patience = patience
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _end
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is ours to handle
            env={k: v for k, v in os.environ.items() if k not in _MEDDLING},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input = self.process.stdin
        self._output = self.process.stdout
        self._write = threading.Lock()
        self._change = threading.Condition()
        self._pending: dict[int, tuple[Gathered[bytes], int]] = {}
        self._next = 0
        self._heard = time.monotonic()
        self._ended = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="rlcf-javac", daemon=True)
        if self._greets():
            self._listener.start()
            threading.Thread(target=self._watch, name="rlcf-javac-watch", daemon=True).start()
        else:
            self._end()

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    def send(self, request: dict[str, Any], batch: Gathered[bytes], index: int) -> bool:
        """Whether the request will be answered, if only by `LOST`."""
        with self._change:
            self._change.wait_for(lambda: len(self._pending) < self._window or not self.alive)
            if not self.alive:
                return False
            if not self._pending:
                self._heard = time.monotonic()
            self._next += 1
            number = self._next
            self._pending[number] = (batch, index)
        line = json.dumps({"id": number, **request}).encode("ascii") + b"\n"
        # A broken pipe means that it died: the listener notices and says LOST.
        with self._write, contextlib.suppress(OSError, ValueError):
            self._input.write(line)
            self._input.flush()
        return True

    def kill(self) -> None:
        self.process.kill()

    def wait(self) -> None:
        """Until it is gone and everybody has been told."""
        if self._listener.ident is not None:
            self._listener.join(timeout=_END_SECONDS)

    def _greets(self) -> bool:
        """Whether it came up; it did not if it was killed meanwhile.

        Raises:
            RuntimeError: it ended by itself: it will not start the next time either.
        """
        for line in self._output:
            if line.startswith(_GREETING):
                return True
        if self.process.wait() < 0:
            return False
        self._errors.seek(0)
        words = self._errors.read(2000).decode(errors="replace").strip()
        raise RuntimeError(f"the compile server did not start: {words}")

    def _listen(self) -> None:
        for line in self._output:
            if not line.endswith(b"\n"):
                break  # cut off in the middle: it died
            self._heard = time.monotonic()
            answer = _ANSWER.match(line)
            if answer is None:
                break  # whoever writes this is not our server in its right mind
            with self._change:
                batch, index = self._pending.pop(int(answer[1]))
                self._change.notify()
            batch.put(index, line)
        self._end()

    def _end(self) -> None:
        with self._change:
            self._ended.set()
            lost = list(self._pending.values())
            self._pending.clear()
            self._change.notify_all()
        self.process.kill()
        self.process.wait()
        for batch, index in lost:
            batch.put(index, LOST)
        with self._write:
            for stream in (self._input, self._output, self._errors):
                with contextlib.suppress(OSError):
                    stream.close()

    def _watch(self) -> None:
        """Kill a server that is silent for too long: the backstop of its own deadlines."""
        while not self._ended.wait(1.0):
            if self._pending and time.monotonic() - self._heard > self._patience:
                self.process.kill()
