"""A `Compiler` of any language: seats, positions, classes of errors, retries.

Does not know how a language is judged (`Language.check`).
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rlcf.compilers.base import CompileResult, Diagnostic, Verdict
from rlcf.compilers.positions import Lines
from rlcf.languages.base import Bench, Finding, Language, NoVerdictError
from rlcf.sandbox.seats import Seats

T = TypeVar("T")
U = TypeVar("U")
_LARGEST = 1 << 20


@dataclass(frozen=True)
class BenchOptions:
    """How programs of a language are worked on."""

    seats: int = 0
    """Programs at the same time; 0 means one for each CPU, four at most."""
    deadline_seconds: float = 10.0
    """CPU time that compiling one program may take, and a third of the time by the clock."""

    def count(self) -> int:
        """The number of seats."""
        return self.seats or min(4, (os.cpu_count() or 1))


class Seated:
    """Seats that share a language, prepared when the first work comes. Thread-safe."""

    def __init__(self, language: Language, options: BenchOptions | None = None) -> None:
        """Starts nothing yet.

        Raises:
            UserError: the language's tools are not installed.
        """
        language.require()
        self.language = language.name
        self.options = options or BenchOptions()
        self._language = language
        self._prepared = False
        deadline = self.options.deadline_seconds
        self._seats: Seats[Bench] = Seats(
            lambda: Bench(language, deadline), Bench.close, self.options.count()
        )
        weakref.finalize(self, self._seats.close)

    def close(self) -> None:
        """Stop all processes; the next work starts them anew."""
        self._seats.close()

    def _map(
        self,
        work: Callable[[Bench, T], U],
        items: Sequence[T],
        give_up: Callable[[T, Exception], U],
    ) -> list[U]:
        """`work` on each item, in order."""
        if not self._prepared:
            self._language.prepare()
            self._prepared = True
        return self._seats.map(work, items, give_up)


class LanguageCompiler(Seated):
    """Judges programs of one language. Thread-safe; starts processes with the first `check`."""

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        """Judge each program; the i-th result is the i-th program's."""
        return self._map(
            lambda bench, program: judge(self._language, bench, program), programs, _gave_up
        )


def judge(language: Language, bench: Bench, program: str) -> CompileResult:
    """The verdict on one program.

    Raises:
        BrokenError: a process of ours ended.
    """
    start = time.perf_counter()
    if len(program) > _LARGEST:
        return CompileResult(Verdict.UNSCORED, reason=f"longer than {_LARGEST} characters")
    try:
        findings = language.check(bench, program)
    except NoVerdictError as e:
        return CompileResult(Verdict.UNSCORED, (), time.perf_counter() - start, str(e))
    return verdict(language, program, findings, time.perf_counter() - start)


def verdict(
    language: Language, program: str, findings: Sequence[Finding], seconds: float = 0.0
) -> CompileResult:
    """A result of a compiler's findings: rejected if one of them is an error."""
    lines = Lines(program, language.line_ends, language.mark_counts)
    diagnostics = tuple(_diagnostic(language, lines, f) for f in findings)
    rejected = any(d.severity == "error" for d in diagnostics)
    word = Verdict.REJECTED if rejected else Verdict.ACCEPTED
    return CompileResult(word, diagnostics, seconds)


def _diagnostic(language: Language, lines: Lines, finding: Finding) -> Diagnostic:
    start = lines.offset(finding.line, finding.column, language.columns)
    end = -1
    line = column = 0
    if start >= 0 and finding.column == 0:
        line = finding.line  # the whole line, as far as it says something
        start, end = lines.span_of_text(line)
        place = lines.place(start)
        column = place[1] if place[0] == line else 1
    elif start >= 0:
        line, column = lines.place(start)
        end = lines.offset(finding.end_line, finding.end_column, language.columns)
        if not finding.end_column or end <= start:
            end = lines.end(start)
    return Diagnostic(
        severity=finding.severity,
        code=finding.code,
        error_class=language.classify(finding),
        message=finding.message,
        line=line,
        column=column,
        start=start,
        end=end,
    )


def _gave_up(_program: str, why: Exception) -> CompileResult:
    return CompileResult(Verdict.UNSCORED, reason=f"cannot judge: {why}")
