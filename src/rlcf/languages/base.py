"""What a language is: its tools, how a program is judged, how its tests are run.

A language is a class with a few attributes and two methods, `check` and `run`, written against
a `Bench`: a jail that runs commands, and a warm worker if the language has one. Processes,
limits, retries, positions and outcomes are not its business (`compiler`, `runner`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from rlcf.compilers.base import ErrorClass
from rlcf.compilers.positions import LF, Unit
from rlcf.errors import UserError
from rlcf.sandbox.base import Limits
from rlcf.sandbox.cell import Answer, Cell, Finished, Step, StepLimits, within
from rlcf.sandbox.worker import Worker, WorkerLateError
from rlcf.text import lines_of

T = TypeVar("T")


class NoVerdictError(Exception):
    """The tools could not judge this program (a limit, a crash): it is unscored."""


@dataclass(frozen=True)
class Tool:
    """A program that a language needs."""

    name: str
    """How the language calls it: `self.tool(name)`."""
    candidates: tuple[str, ...] = ()
    """Names to look for in PATH, best first; `name` where empty."""
    version: tuple[str, ...] = ("--version",)
    """Arguments that make it print its version."""


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
class Sample:
    """Programs by which it is seen that a language works here."""

    good: str
    """Accepted, and passes `tests`."""
    bad: str
    """Rejected."""
    tests: str
    """Appended to `good`."""
    entry_point: str = ""


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

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """What a language made for this bench under this name; its `close` is called at the end."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: T = self._kept[name]
        return kept

    def close(self) -> None:
        """End the processes."""
        for process in (self._cell, self._worker, *self._kept.values()):
            if process is not None:
                process.close()
        self._cell = self._worker = None
        self._kept.clear()


class Language(ABC):
    """One language. Subclasses need no `__init__` unless they have options."""

    name: ClassVar[str]
    """Lower case, as tasks name it."""
    title: ClassVar[str]
    tools: tuple[Tool, ...] = ()
    install: str = ""
    """The one command that installs what is missing."""
    sample: ClassVar[Sample]
    columns: ClassVar[Unit] = "characters"
    line_ends: ClassVar[str] = LF
    """A regular expression of what ends a line for the compiler (`rlcf.compilers.positions`)."""
    mark_counts: bool = True
    """Whether columns count a byte order mark, as a character of the first line."""
    errors: ClassVar[tuple[tuple[ErrorClass, str], ...]] = ()
    """Regular expressions over `code: message`; the first that matches names the class."""
    check_failure: ClassVar[str] = r"(?!)"
    """Matches the last lines of an error by which a check says that it does not hold."""
    trace_line: ClassVar[str] = ""
    """Finds, as group 1, line numbers in an error's trace; the last is where it was raised."""
    error_line: ClassVar[str] = ""
    """Matches the line of an error's text that says most; the last line where it is empty."""
    own_memory_mb: ClassVar[int] = 64
    """Resident memory of the runtime itself, added to a program's limit."""
    own_cpu_seconds: ClassVar[float] = 0.5
    """CPU time of the runtime's start, added likewise."""
    compile_memory_mb: ClassVar[int] = 1024
    checked_when_run: ClassVar[bool] = False
    """Whether `run` leaves it to the interpreter to refuse program and tests together."""

    @abstractmethod
    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """What the compiler says of a program; no error means that it is accepted."""

    @abstractmethod
    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Run the tests; or the errors of program and tests together, if they do not compile."""

    def readable(self) -> Sequence[str]:
        """Files and folders that the tools need besides the system's."""
        return ()

    def worker(self) -> Sequence[str] | None:
        """The command of a warm worker for `bench.ask`, if there is one."""
        return None

    def missing(self) -> str:
        """What is missing here, in words; empty if nothing is."""
        lacking = [tool.name for tool in self.tools if self.find(tool) is None]
        return f"{', '.join(lacking)} not found" if lacking else ""

    def prepare(self) -> None:  # noqa: B027 - most have nothing to prepare
        """Build once what all programs share (precompiled headers, workers)."""

    def require(self) -> None:
        """Raise UserError if something is missing."""
        missing = self.missing()
        if missing:
            hint = f": {self.install}" if self.install else ""
            raise UserError(f"{self.title} is not ready here, {missing}{hint}")

    def find(self, tool: Tool) -> str | None:
        """Path of a tool, links resolved as far as the jail needs it."""
        for name in tool.candidates or (tool.name,):
            path = shutil.which(name)
            if path is not None:
                return path
        return None

    def tool(self, name: str) -> str:
        """Path of a tool.

        Raises:
            UserError: it is not installed.
        """
        return self._paths[name]

    @cached_property
    def _paths(self) -> dict[str, str]:
        self.require()
        return {tool.name: path for tool in self.tools if (path := self.find(tool))}

    def versions(self) -> list[str]:
        """What each tool says of itself, in a line."""
        return [f"{tool.name}: {version_of(self.tool(tool.name), tool)}" for tool in self.tools]

    def classify(self, finding: Finding) -> ErrorClass:
        """The language-neutral class of a finding."""
        text = f"{finding.code}: {finding.message}"
        for error_class, pattern in self.errors:
            if re.search(pattern, text):
                return error_class
        return ErrorClass.OTHER


def version_of(path: str, tool: Tool) -> str:
    """The first line with a digit of what a tool prints of its version."""
    try:
        done = subprocess.run(
            [path, *tool.version], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"does not answer ({e})"
    for line in lines_of(done.stdout + done.stderr):
        if any(char.isdigit() for char in line):
            return line.strip()
    return "unknown version"


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
    """What was found, if it explains how the tool ended.

    Raises:
        NoVerdictError: it failed, and no error that we understand says why.
    """
    if finished.status != 0 and not any(f.severity == "error" for f in found):
        raise NoVerdictError(f"the compiler failed: {(finished.err + finished.out).strip()[-300:]}")
    return found


def scan(pattern: str, text: str, make: Callable[[re.Match[str]], Finding | None]) -> list[Finding]:
    """A finding for each match of a (multi-line) pattern in a tool's output."""
    found = (make(match) for match in re.finditer(pattern, text, re.MULTILINE))
    return [finding for finding in found if finding is not None]


def user_data() -> str:
    """`$XDG_DATA_HOME/rlcf` or `~/.local/share/rlcf`: where libraries for programs are kept."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "rlcf")
