"""From a run of tests to its outcome: tokens, limits, whose fault an error is.

A pass is a statement made after the last check by something that the program can neither reach nor
skip: the run ended with status 0, and the file `done` holds the token, which the harness writes
there once the last check lies behind it (`bench.Test`). An end before that is no pass, whatever its
status.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from rlcf.languages.bench import Bench, NoVerdictError, Test
from rlcf.languages.judge import judge, verdict
from rlcf.languages.outcome import Job, Outcome, RunResult
from rlcf.languages.positions import Lines
from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.sandbox.cell import Answer, Finished, StepLimits
from rlcf.sandbox.limits import Limits
from rlcf.text import first_line, lines_of

if TYPE_CHECKING:
    from rlcf.languages.language import Language

_LITERAL = re.compile(r""""((?:[^"\\\n]|\\.){8,})"|'((?:[^'\\\n]|\\.){8,})'""")
_MEMORY = re.compile(
    r"bad_alloc|MemoryError|OutOfMemory|out of memory|Out of memory|NoMemoryError"
    r"|Allowed memory size|not enough memory|failed to allocate memory|Cannot allocate memory"
)
_DETAIL = 500
_ACCEPTED = CompileResult(Verdict.ACCEPTED)


def run_tests(language: Language, bench: Bench, job: Job, limits: Limits) -> RunResult:
    """Run one job.

    Raises:
        BrokenError: a process of ours ended.
    """
    if not job.tests.strip():
        alone = judge(language, bench, job.program)
        return RunResult(Outcome.NOT_RUN, 0.0, "there are no tests", alone)
    try:
        result = _try(language, bench, job, limits)
        if result.outcome is Outcome.TIMEOUT and result.detail == _STARVED:
            result = _try(language, bench, job, limits)
    except NoVerdictError as e:
        return RunResult(Outcome.UNSCORED, 0.0, str(e))
    if result.outcome is Outcome.ERROR:
        return _explained(language, bench, job, result)
    return result


def _try(language: Language, bench: Bench, job: Job, limits: Limits) -> RunResult:
    test = Test(
        job.program,
        job.tests,
        job.entry_point,
        secrets.token_hex(16),
        step_limits(language, limits),
    )
    answer = language.run(bench, test)
    if not isinstance(answer, Answer):
        rejected = verdict(language, test.source, answer)
        words = first_line(rejected.errors[0].message) if rejected.errors else ""
        return RunResult(Outcome.ERROR, 0.0, words, rejected)
    outcome, detail = _outcome(language, test, answer, limits)
    return RunResult(outcome, answer.last.seconds, detail[:_DETAIL], _ACCEPTED)


def _explained(language: Language, bench: Bench, job: Job, result: RunResult) -> RunResult:
    """Whose fault an error is: the program's, alone, or of program and tests together."""
    alone = judge(language, bench, job.program)
    if alone.verdict is Verdict.REJECTED:
        return RunResult(Outcome.NOT_RUN, 0.0, "does not compile", alone)
    if alone.verdict is Verdict.UNSCORED:
        return RunResult(Outcome.UNSCORED, 0.0, alone.reason)
    if language.checked_when_run and result.compile is _ACCEPTED:
        together = judge(language, bench, job.program + job.tests)
        if together.verdict is Verdict.REJECTED:
            result = replace(result, compile=together)
    if result.compile is not None and result.compile.verdict is Verdict.REJECTED:
        words = f"does not compile with its tests: {result.detail}"
        return RunResult(Outcome.ERROR, 0.0, words, result.compile)
    return result


_STARVED = "limit: wall time, with little of the CPU"


def step_limits(language: Language, limits: Limits) -> StepLimits:
    """The limits of a run, with the runtime's own share."""
    return StepLimits(
        wall_seconds=limits.wall_seconds,
        cpu_seconds=limits.cpu_seconds + language.own_cpu_seconds,
        memory_mb=limits.memory_mb + language.own_memory_mb,
        output_bytes=limits.output_bytes,
        file_mb=8,
    )


def _outcome(language: Language, test: Test, answer: Answer, limits: Limits) -> tuple[Outcome, str]:
    last = answer.last
    if last.limit:
        return _at_limit(last)
    if last.ok and answer.done.strip() == test.token:
        return Outcome.PASSED, ""
    text = last.err.strip() or last.out.strip()
    final = text[-2000:]
    if not last.ok and _is_check(language, test, text):
        return Outcome.FAILED, _summary(language, text)
    if _MEMORY.search(final):
        return Outcome.MEMORY, "limit: memory"
    if last.ok:
        return Outcome.ERROR, "the end of the tests was not reached, though the status is 0"
    return Outcome.ERROR, _summary(language, text) or f"ended with status {last.status}"


def _at_limit(last: Finished) -> tuple[Outcome, str]:
    if last.limit == "memory":
        return Outcome.MEMORY, "limit: memory"
    if last.limit == "output":
        return Outcome.OUTPUT_LIMIT, "limit: output"
    if last.limit == "wall time" and last.cpu_seconds < last.seconds / 2:
        return Outcome.TIMEOUT, _STARVED
    return Outcome.TIMEOUT, f"limit: {last.limit}"


def _is_check(language: Language, test: Test, text: str) -> bool:
    """Whether the error is one that the tests raise when a check does not hold.

    That is so if it says what the tests have in quotes, or if it is of the kind that checks
    raise and was raised in the tests' lines.
    """
    for match in _LITERAL.finditer(test.tests):
        words = (match[1] or match[2]).replace("\\n", "\n").strip()
        if len(words) >= 8 and words in text and words != "__main__":  # unittest prints that
            return True
    if not re.search(language.check_failure, text, re.MULTILINE):
        return False
    if not language.trace_line:
        return True
    begin, _ = Lines(test.program, language.line_ends).place(len(test.program))
    lines = re.findall(language.trace_line, text)
    return bool(lines) and int(lines[-1]) >= begin


def _summary(language: Language, text: str) -> str:
    """The line that says most."""
    if language.error_line:
        found = re.search(language.error_line, text, re.MULTILINE)
        if found:
            return found[0].strip().replace("\n", " ")
    lines = [line.strip() for line in lines_of(text) if line.strip()]
    return lines[-1] if lines else ""
