"""What further turns bring, and cost: the scores after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rlcf.evaluation.results import SampleScore, ScoreReport, TurnScore
from rlcf.languages import check_until_scored
from rlcf.languages.outcome import Job, Runner, RunResult
from rlcf.languages.verdict import CompileResult
from rlcf.policy.checked import Turn, draws_of, kept_of, tokens_of
from rlcf.sandbox.limits import Limits


class Remembering:
    """A toolchain whose word on a program, also that there is no verdict, does not change."""

    def __init__(self, toolchain: Runner) -> None:
        self.toolchain, self.language = toolchain, toolchain.language
        self.known: dict[str, CompileResult] = {}

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        new = [p for p in dict.fromkeys(programs) if p not in self.known]
        self.known |= zip(new, check_until_scored(self.toolchain.check, new), strict=True)
        return [self.known[p] for p in programs]

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        return self.toolchain.run(jobs, limits)

    def close(self) -> None:
        self.toolchain.close()


def texts_of(turns: Sequence[Turn], samples_per_task: int) -> list[list[str]]:
    """For each task, what is kept of its slots after the first turn, after the second, ..."""
    n = samples_per_task
    return [
        [kept_of(draws_of(turns[:end], slot)).text for end in _ends(turns) for slot in slots]
        for slots in (range(i, i + n) for i in range(0, len(turns[0]), n))
    ]


def with_turns(report: ScoreReport, turns: Sequence[Turn], samples_per_task: int) -> ScoreReport:
    """The report after the last turn, with what each turn brought.

    `report` is the score of `texts_of(turns, samples_per_task)`.
    """
    slots, n = len(turns[0]), samples_per_task

    def row(end: int, slot: int) -> SampleScore:
        task, sample = divmod(slot, n)
        draws = draws_of(turns[:end], slot)
        found = report.rows[(task * len(turns) + end - 1) * n + sample]
        return replace(found, sample=sample, attempts=len(draws), tokens=tokens_of(draws))

    after = [
        replace(report, rows=tuple(row(end, slot) for slot in range(slots))) for end in _ends(turns)
    ]
    pairs = zip(after, turns, strict=True)
    return replace(after[-1], by_turn=tuple(_turn_score(*pair) for pair in pairs))


def _ends(turns: Sequence[Turn]) -> range:
    return range(1, len(turns) + 1)


def _turn_score(after: ScoreReport, drawn: Turn) -> TurnScore:
    # The samples of a task have one prompt, which is read once.
    prompts = {(draw.task.task_id, draw.prompt_ids) for draw in drawn.values()}
    return TurnScore(
        drawn=len(drawn),
        tokens=tokens_of(drawn.values()),
        prompt_tokens=sum(len(ids) for _, ids in prompts),
        compile_rate=after.estimate("compile_rate"),
        pass_at_1=after.estimate("pass@1"),
    )
