"""Verdicts on completions, begun while others are still being drawn.

A program goes to the compiler as soon as it is finished, so that its verdict costs no time of its
own where there is a core to spare.
"""

from __future__ import annotations

import queue
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from rlcf.languages.verdict import Compiler, CompileResult
from rlcf.policy.completion import Completion


class Judge:
    """Fills in what the compiler says of completions; each distinct program is asked about once.

    Whoever calls `begin` does so inside of `with`.
    """

    def __init__(self, compiler: Compiler) -> None:
        """The compiler stays its owner's to close."""
        self.compiler = compiler
        self._known: dict[str, CompileResult] = {}
        self._waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._begun: dict[str, Future[None]] = {}
        self._thread = ThreadPoolExecutor(1, "rlcf-judge")

    def begin(self, completion: Completion) -> None:
        """Compile it when there is time; returns at once."""
        program = completion.program
        if program not in self._begun:
            self._waiting.put(program)
            self._begun[program] = self._thread.submit(self._take)

    def __call__(self, completions: Iterable[Completion]) -> None:
        """Fill in each one's `result`, once all that was begun is compiled.

        Raises:
            Exception: whatever the compiler raised.
        """
        completions = list(completions)
        for begun in self._begun.values():
            begun.result()
        self._check(list(dict.fromkeys(c.program for c in completions)))
        for completion in completions:
            completion.result = self._known[completion.program]
        self._begun, self._known = {}, {}

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what was begun and wait for what is being compiled: the compiler may be closed."""
        for begun in self._begun.values():
            begun.cancel()
        self._thread.shutdown()

    def _take(self) -> None:
        """Compile whatever has gathered since the last batch."""
        programs = []
        while not self._waiting.empty():
            programs.append(self._waiting.get())
        self._check(programs)

    def _check(self, programs: Sequence[str]) -> None:
        missing = [p for p in programs if p not in self._known]
        if missing:
            self._known.update(zip(missing, self.compiler.check(missing), strict=True))
