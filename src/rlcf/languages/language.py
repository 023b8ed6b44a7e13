"""What a language is: its tools, how a program is judged, how its tests are run.

A language is a class with a few attributes and two methods, `check` and `run`, written against
a `Bench`. Processes, limits, retries, positions and outcomes are not its business (`engine`).
"""

from __future__ import annotations

import os
import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from rlcf.languages.bench import Bench, Finding, Test
from rlcf.languages.engine import BenchEngine
from rlcf.languages.positions import LF, Unit
from rlcf.languages.spec import EngineOptions, Spec
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer


class Language(Spec):
    """A language that works on a `Bench`."""

    columns: ClassVar[Unit] = "characters"
    line_ends: ClassVar[str] = LF
    """A regular expression of what ends a line for the compiler (`rlcf.languages.positions`)."""
    line_directive: ClassVar[str] = ""
    """Matches a line that gives the lines after it other numbers or the name of another file."""
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

    def engine(self, options: EngineOptions) -> BenchEngine:
        """Seats with a bench each."""
        return BenchEngine(self, options)

    def readable(self) -> Sequence[str]:
        """Files and folders that the tools need besides the system's."""
        return ()

    def worker(self) -> Sequence[str] | None:
        """The command of a warm worker for `bench.ask`, if there is one."""
        return None

    def prepare(self) -> None:
        """Build once what all programs share (precompiled headers, workers)."""

    def classify(self, finding: Finding) -> ErrorClass:
        """The language-neutral class of a finding."""
        text = f"{finding.code}: {finding.message}"
        for error_class, pattern in self.errors:
            if re.search(pattern, text):
                return error_class
        return ErrorClass.OTHER


def user_data() -> str:
    """`$XDG_DATA_HOME/rlcf` or `~/.local/share/rlcf`: where libraries for programs are kept."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "rlcf")
