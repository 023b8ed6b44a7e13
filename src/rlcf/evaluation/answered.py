"""Scoring samples of mixed kinds: completions, whole programs and answers of chats.

Judges each sample as what `given` says it is, in one report, and counts tasks without samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rlcf.evaluation.given import Answers, Given, read, whole_program
from rlcf.evaluation.results import SampleScore, ScoreReport
from rlcf.evaluation.score import score_completions
from rlcf.languages.outcome import Outcome
from rlcf.tasks.samples import Sample
from rlcf.tasks.task import Task


@dataclass(frozen=True)
class Answered:
    """Tasks, and what was given for each, in order."""

    tasks: tuple[Task, ...]
    given: tuple[tuple[Given, ...], ...]
    """One entry per task, not empty."""

    @classmethod
    def of(cls, tasks: Sequence[Task], samples: Sequence[Sample], answers: Answers) -> Answered:
        """Of the tasks that have samples."""
        known = {task.task_id: task for task in tasks}
        found: dict[str, list[Given]] = {}
        for sample in samples:
            given = read(known[sample.task_id], sample.completion, answers)
            found.setdefault(sample.task_id, []).append(given)
        chosen = [task for task in tasks if task.task_id in found]
        return cls(tuple(chosen), tuple(tuple(found[task.task_id]) for task in chosen))

    def tell(self) -> None:
        """Print how many samples are something else than completions."""
        every = [one for given in self.given for one in given]
        counts = Counter(
            what
            for one in every
            for what, holds in (
                ("are answers with the code in a fence, which is taken", one.chat),
                ("repeat the prompt, which is cut", one.repeats),
                ("are whole programs, judged without the prompt", one.whole),
            )
            if holds
        )
        for what, count in counts.items():
            print(f"{count} of {len(every)} samples {what}")
        if counts:
            print("(--answers completion takes every sample as it is)")

    def score(self, **options: Any) -> ScoreReport:
        """As `score_completions`, each sample judged as what it is.

        Args:
            options: of `score_completions`.
        """
        # A task is judged twice where its samples are of both kinds: as it is, and without prompt.
        tasks = [kind for task in self.tasks for kind in (task, whole_program(task))]
        texts = [
            [one.text for one in given if one.whole is whole]
            for given in self.given
            for whole in (False, True)
        ]
        report = score_completions(tasks, texts, **options)
        rows = iter(report.rows)
        ordered: list[SampleScore] = []
        for given in self.given:
            sides = {w: [next(rows) for one in given if one.whole is w] for w in (False, True)}
            ordered += [
                replace(sides[one.whole].pop(0), sample=number) for number, one in enumerate(given)
            ]
        return replace(report, rows=tuple(ordered))


def with_missing(report: ScoreReport, missing: Sequence[Task]) -> ScoreReport:
    """The report, with tasks that have no sample counted as failed."""
    samples = max([*report.ks, *(len(rows) for rows in report.by_task.values())])
    rows = [_failed(task, number) for task in missing for number in range(samples)]
    return replace(report, rows=(*report.rows, *rows))


def _failed(task: Task, number: int) -> SampleScore:
    return SampleScore(
        task_id=task.task_id,
        sample=number,
        completion="",
        compiled=False,
        outcome=str(Outcome.NOT_RUN),
        detail="no sample",
        error_classes=(),
        diagnostics=(),
        length=0,
        reference_length=None,  # no sample has a length
        degenerate=False,
        tested=task.tests is not None,
        missing=True,
    )
