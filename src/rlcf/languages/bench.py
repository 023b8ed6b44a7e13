"""Where a language works on a program: a jail that runs commands, and a warm worker.

What a language is given (`Test`), what it finds (`Finding`), and how the words of its tools are
read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from rlcf.sandbox.cell import Answer, Cell, Finished, Step, StepLimits, within
from rlcf.sandbox.limits import Limits
from rlcf.sandbox.seats import Owned
from rlcf.sandbox.worker import Worker, WorkerLateError

if TYPE_CHECKING:
    from rlcf.languages.language import Language

K = TypeVar("K", bound=Owned)


class NoVerdictError(Exception):
    """The tools could not judge this program (a limit, a crash): it is unscored."""


@dataclass(frozen=True)
class Finding:
    """One message of a compiler, in the compiler's own coordinates."""

    message: str
    code: str = ""
    """The compiler's own key, where it has one."""
    line: int = 0
    """1-based; 0 if there is no place."""
    column: int = 0
    """1-based, in the language's `columns`; 0 if unknown."""
    end_line: int = 0
    end_column: int = 0
    """One past the last; 0 where unknown."""
    severity: str = "error"


@dataclass(frozen=True)
class Sealed:
    """A unit that tells its harness when the tests begin and when they have ended."""

    text: str
    stdin: str
    """For the harness, a line each: the token, how many bytes come before `start` and before `end`,
    and the entry point."""


@dataclass(frozen=True)
class Test:
    """A program with its tests, about to be run.

    A pass is a statement made after the last check by something that the program can neither
    reach nor skip. The usual way: the unit that is run is `sealed`: one call of a harness stands
    before the tests, another after them. The harness, outside the unit, holds the token where the
    unit cannot read it, and believes a call only if it comes from its own line at the top level;
    an end before that (`return`, `exit`, an end of the file, a hook, a handler) never gets there.
    At the seal, what the tests check with must be what it was before the program ran. An `exit`
    with status 0 that stands in the tests' own lines counts as the seal does.
    """

    program: str
    tests: str
    entry_point: str
    token: str
    """Standard input holds it; the harness writes it to the file `done` once it has the seal."""
    limits: StepLimits
    """Of the step that runs the tests."""

    @property
    def source(self) -> str:
        """Program and tests as one unit."""
        return self.program + self.tests

    def sealed(self, start: str, end: str, ends: str = r"(?!)") -> Sealed:
        """Program, `start`, tests and `end`, both of them statements that call the harness.

        No line of the tests moves. A program that ends inside of a string or a comment which
        the tests go on with swallows `start`, so that nothing counts of what follows.

        Args:
            start: stands in the first of the tests' lines.
            end: stands in a line of its own after the tests.
            ends: matches in the tests where code ends and data begin; `end` stands before that.
        """
        head, tests = self.program, self.tests
        if not head.endswith("\n"):
            head += "\n"
            tests = tests.removeprefix("\n")
        start += "\n" if tests.startswith("=") else " "  # a comment of Perl or Ruby starts a line
        cut = re.search(ends, tests, re.MULTILINE)
        tests, data = (tests[: cut.start()], tests[cut.start() :]) if cut else (tests, "")
        before, code = (
            len(text.encode("utf-8", "replace")) for text in (head, f"{head}{start}{tests}\n")
        )
        unit = f"{head}{start}{tests}\n{end}\n{data}"
        return Sealed(unit, f"{self.token}\n{before}\n{code}\n{self.entry_point}\n")


class Bench:
    """Where one thread works on programs of one language."""

    def __init__(self, language: Language, deadline_seconds: float) -> None:
        self._language = language
        self._deadline = deadline_seconds
        self._worker: Worker | None = None
        self._cell: Cell | None = None
        self._kept: dict[str, Any] = {}

    @property
    def compile_limits(self) -> StepLimits:
        """For steps that compile: CPU time counts, the clock only far beyond it."""
        return StepLimits(
            wall_seconds=3 * self._deadline,
            cpu_seconds=self._deadline,
            memory_mb=self._language.compile_memory_mb,
            output_bytes=1 << 20,
        )

    def execute(self, *steps: Step, collect: Sequence[str] = ()) -> Answer:
        """Run steps in an empty folder of the jail, up to the first that does not end well."""
        if self._cell is None:
            self._cell = Cell(self._language.readable())
        return self._cell.run(steps, collect)

    def tool(self, *steps: Step, collect: Sequence[str] = ()) -> Answer:
        """Run steps of a compiler, under its limits.

        Raises:
            NoVerdictError: it hit a limit or was ended by a signal.
        """
        limited = [within(step, self.compile_limits) for step in steps]
        answer = self.execute(*limited, collect=collect)
        refuse_broken(answer.last)
        return answer

    def ask(self, **request: Any) -> dict[str, Any]:
        """The warm worker's answer to a request.

        Raises:
            NoVerdictError: no answer within the limits.
        """
        if self._worker is None:
            command = self._language.worker()
            if command is None:
                raise TypeError(f"{self._language.name} has no worker")
            limits = Limits(
                wall_seconds=3 * self._deadline,
                cpu_seconds=self._deadline,
                memory_mb=self._language.compile_memory_mb,
            )
            self._worker = Worker(command, self._language.readable(), limits)
        try:
            return self._worker.ask(request)
        except WorkerLateError as e:
            self._worker = None
            raise NoVerdictError(str(e)) from e

    def keep(self, name: str, make: Callable[[], K]) -> K:
        """What a language made for this bench under this name, closed with it."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: K = self._kept[name]
        return kept

    def stop(self) -> None:
        """Kill what runs, from another thread; `close` must follow."""
        for process in (self._cell, self._worker, *self._kept.values()):
            if process is not None:
                process.stop()

    def close(self) -> None:
        """End the processes."""
        for process in (self._cell, self._worker, *self._kept.values()):
            if process is not None:
                process.close()
        self._cell = self._worker = None
        self._kept.clear()


def refuse_broken(finished: Finished) -> None:
    """A tool that hit a limit or crashed has judged nothing.

    Raises:
        NoVerdictError: that is so.
    """
    if finished.limit:
        raise NoVerdictError(f"the compiler hit a limit: {finished.limit}")
    if finished.status < 0 or finished.status == 127:
        raise NoVerdictError(f"the compiler ended with status {finished.status}")


def believed(finished: Finished, found: list[Finding]) -> list[Finding]:
    """What was found, as far as it explains how the tool ended.

    A tool that ended well has found no error: a warning that quotes several lines of a program may
    look like one.

    Raises:
        NoVerdictError: it failed, and no error that we understand says why.
    """
    if finished.status == 0:
        return [finding for finding in found if finding.severity != "error"]
    if not any(f.severity == "error" for f in found):
        raise NoVerdictError(f"the compiler failed: {(finished.err + finished.out).strip()[-300:]}")
    return found


def scan(pattern: str, text: str, make: Callable[[re.Match[str]], Finding | None]) -> list[Finding]:
    """A finding for each match of a (multi-line) pattern in a tool's output."""
    found = (make(match) for match in re.finditer(pattern, text, re.MULTILINE))
    return [finding for finding in found if finding is not None]
