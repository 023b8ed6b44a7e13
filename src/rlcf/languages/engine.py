"""The engine of any language: seats, each with a bench, that judge programs and run tests.

Does not know how a language is judged or run (`Language`).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from rlcf.languages.bench import Bench
from rlcf.languages.judge import judge
from rlcf.languages.outcome import Job, Outcome, RunResult
from rlcf.languages.spec import EngineOptions
from rlcf.languages.testing import run_tests
from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.sandbox.limits import Limits
from rlcf.sandbox.seats import Seats

if TYPE_CHECKING:
    from rlcf.languages.language import Language

T = TypeVar("T")
U = TypeVar("U")


class BenchEngine:
    """Seats that share a language, prepared when the first work comes. Thread-safe."""

    def __init__(self, language: Language, options: EngineOptions | None = None) -> None:
        """Starts nothing yet.

        Raises:
            UserError: the language's tools are not installed.
        """
        language.require()
        self.language = language.name
        self.options = options or EngineOptions()
        self._language = language
        self._prepared = False
        deadline = self.options.deadline_seconds
        self._seats = Seats(lambda: Bench(language, deadline), self.options.count())
        weakref.finalize(self, self._seats.close)

    def check(
        self, programs: Sequence[str], names: Sequence[str] | None = None
    ) -> list[CompileResult]:
        """Judge each program; the i-th result is the i-th program's, whatever its file's name."""
        return self._map(
            lambda bench, program: judge(self._language, bench, program),
            programs,
            lambda _, why: CompileResult(Verdict.UNSCORED, reason=f"cannot judge: {why}"),
        )

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        """Run each job; the i-th result is the i-th job's."""
        bound = limits or Limits()
        return self._map(
            lambda bench, job: run_tests(self._language, bench, job, bound),
            jobs,
            lambda _, why: RunResult(Outcome.UNSCORED, 0.0, f"cannot run: {why}"),
        )

    def close(self) -> None:
        """Stop all processes; the next work starts them anew."""
        self._seats.close()

    def _map(
        self,
        work: Callable[[Bench, T], U],
        items: Sequence[T],
        give_up: Callable[[T, Exception], U],
    ) -> list[U]:
        if not self._prepared:
            self._language.prepare()
            self._prepared = True
        return self._seats.map(work, items, give_up)
