"""A toolchain that obeys markers in the program, to test what surrounds the real ones.

`BAD` rejects, `LOST` is unscored, `RUN=<outcome>` is the outcome of the tests (default passed).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from rlcf.errors import UserError
from rlcf.languages.outcome import Job, Outcome, RunResult
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.sandbox.limits import Limits
from rlcf.tasks import Task


class FakeToolchain:
    language = "java"

    def __init__(self) -> None:
        self.programs: list[str] = []
        self.jobs: list[Job] = []
        self.limits: list[Limits | None] = []
        self.closed = 0

    def __enter__(self) -> FakeToolchain:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(
        self, programs: Sequence[str], names: Sequence[str] | None = None
    ) -> list[CompileResult]:
        self.programs += programs
        return [self._judge(program) for program in programs]

    def _judge(self, program: str) -> CompileResult:
        if "LOST" in program:
            return CompileResult(Verdict.UNSCORED, reason="the server died")
        if "BAD" not in program:
            return CompileResult(Verdict.ACCEPTED)
        at = program.index("BAD")
        line = program.count("\n", 0, at) + 1
        column = at - (program.rfind("\n", 0, at) + 1) + 1
        error = Diagnostic(
            "error",
            "compiler.err.bad",
            ErrorClass.SYNTAX,
            "bad <b>word</b>",
            line,
            column,
            at,
            at + 3,
        )
        warning = Diagnostic("warning", "w", ErrorClass.OTHER, "odd", 0, 0, -1, -1)
        return CompileResult(Verdict.REJECTED, (warning, error, error))

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        self.jobs += jobs
        self.limits.append(limits)
        results = []
        for job in jobs:
            found = re.search(r"RUN=(\w+)", job.program)
            outcome = Outcome(found[1]) if found else Outcome.PASSED
            results.append(RunResult(outcome, detail="" if outcome is Outcome.PASSED else "why"))
        return results

    def close(self) -> None:
        self.closed += 1


def install(monkeypatch: pytest.MonkeyPatch) -> FakeToolchain:
    """Let `Toolchain` be a fake; only java is known."""
    fake = FakeToolchain()

    def made(language: str, **_: object) -> FakeToolchain:
        if language != "java":
            raise UserError(f"unknown language `{language}`; known: java")
        return fake

    monkeypatch.setattr("rlcf.languages.Toolchain", made)
    return fake


def task(name: str, *, reference: str | None = "return a + b;", tests: str | None = "T") -> Task:
    return Task(name, "java", f"class {name} {{\n", reference, tests, "f", f"Do {name}.")
