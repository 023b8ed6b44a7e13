"""Outcomes of running a program's tests: the records, and the interface of what runs them.

Generated programs are hostile: implementations never run them in this process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rlcf.languages.verdict import Compiler, CompileResult
from rlcf.sandbox.limits import Limits


class Outcome(StrEnum):
    """How the tests of one program ended."""

    PASSED = "passed"
    """Every check held and the test's entry returned."""
    FAILED = "failed"
    """The tests ran and a check did not hold."""
    ERROR = "error"
    """The program's own exception, or it ended the process before the tests were done."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    NOT_RUN = "not_run"
    """Rejected by the compiler, or there are no tests."""
    UNSCORED = "unscored"
    """Our infrastructure failed; never becomes a reward."""

    @property
    def executed(self) -> bool:
        """Whether it counts for the execution rate: the tests ran to their verdict."""
        return self in (Outcome.PASSED, Outcome.FAILED)


@dataclass(frozen=True)
class RunResult:
    """What happened when one program's tests ran."""

    outcome: Outcome
    seconds: float = 0.0
    """Wall time of the run alone."""
    detail: str = ""
    """The exception or reason, shortened; empty when passed."""
    compile: CompileResult | None = None
    """The compiler's word on program and tests together, where it was asked."""


@dataclass(frozen=True)
class Job:
    """One program to test: the program as the model wrote it, and the tests to append."""

    program: str
    tests: str
    entry_point: str = ""
    """Name of the function that the tests are about, where the tests do not call it by name."""


class Runner(Compiler, Protocol):
    """Judges programs of one language and runs their tests. Batched, ordered, reentrant."""

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        """Run each job; the i-th result is the i-th job's. Never raises for bad programs."""
        ...
