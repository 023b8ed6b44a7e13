"""A compiler and a runner that obey markers in the program, to test what surrounds the real ones.

`BAD` rejects, `LOST` is unscored, `RUN=<outcome>` is the outcome of the tests (default passed).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from rlcf.compilers.base import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.errors import UserError
from rlcf.sandbox.base import Job, Limits, Outcome, RunResult
from rlcf.tasks import Task


class FakeCompiler:
    language = "java"

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.closed = 0

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        self.seen += programs
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

    def close(self) -> None:
        self.closed += 1


class FakeRunner:
    language = "java"

    def __init__(self) -> None:
        self.seen: list[Job] = []
        self.limits: list[Limits | None] = []
        self.closed = 0

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        self.seen += jobs
        self.limits.append(limits)
        results = []
        for job in jobs:
            found = re.search(r"RUN=(\w+)", job.program)
            outcome = Outcome(found[1]) if found else Outcome.PASSED
            results.append(RunResult(outcome, detail="" if outcome is Outcome.PASSED else "why"))
        return results

    def close(self) -> None:
        self.closed += 1


def install(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeCompiler, FakeRunner]:
    """Let `get_compiler` and `get_runner` hand out fakes; only java is known."""
    compiler, runner = FakeCompiler(), FakeRunner()

    def get_compiler(language: str) -> FakeCompiler:
        if language != "java":
            raise UserError(f"unknown language `{language}`; known: java")
        return compiler

    def get_runner(language: str) -> FakeRunner:
        return runner

    monkeypatch.setattr("rlcf.compilers.get_compiler", get_compiler, raising=False)
    monkeypatch.setattr("rlcf.sandbox.get_runner", get_runner, raising=False)
    return compiler, runner


def task(name: str, *, reference: str | None = "return a + b;", tests: str | None = "T") -> Task:
    return Task(name, "java", f"class {name} {{\n", reference, tests, "f", f"Do {name}.")
