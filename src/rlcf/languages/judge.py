"""From what a language finds in a program to a verdict with places."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rlcf.languages.bench import Bench, Finding, NoVerdictError
from rlcf.languages.positions import Lines
from rlcf.languages.verdict import CompileResult, Diagnostic, Verdict

if TYPE_CHECKING:
    from rlcf.languages.language import Language

_LARGEST = 1 << 20


def judge(language: Language, bench: Bench, program: str) -> CompileResult:
    """The verdict on one program.

    Raises:
        BrokenError: a process of ours ended.
    """
    start = time.perf_counter()
    if len(program) > _LARGEST:
        return CompileResult(Verdict.UNSCORED, reason=f"longer than {_LARGEST} characters")
    try:
        findings = _findings(language, bench, program)
    except NoVerdictError as e:
        return CompileResult(Verdict.UNSCORED, (), time.perf_counter() - start, str(e))
    return verdict(language, program, findings, time.perf_counter() - start)


def _findings(language: Language, bench: Bench, program: str) -> Sequence[Finding]:
    """What the compiler says, at places in the program as given.

    They are those of the same program without the lines that give others other numbers (`#line`),
    unless there is nothing wrong with it then.
    """
    found = language.check(bench, program)
    if language.line_directive and _rejects(found):
        directive = re.compile(language.line_directive, re.MULTILINE)
        plain = directive.sub(lambda match: re.sub(r"[^\r\n]", " ", match[0]), program)
        if plain != program and _rejects(again := language.check(bench, plain)):
            return again
    return found


def _rejects(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


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
