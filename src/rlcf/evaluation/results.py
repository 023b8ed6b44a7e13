"""The record of a scoring: one row per sample, totals with intervals, comparisons, and its JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rlcf.evaluation.intervals import Share, difference
from rlcf.evaluation.metrics import distinct_weights, pass_at_k
from rlcf.evaluation.statistics import (
    Estimate,
    Floats,
    bootstrap_difference,
    bootstrap_ratio,
)
from rlcf.inputs import TABLE_BYTES, read_text
from rlcf.languages.outcome import Outcome
from rlcf.outputs import write

BEGINS = '{"samples": '
"""How a file of scores begins."""


@dataclass(frozen=True)
class SampleScore:
    """What is known of one completion."""

    task_id: str
    sample: int
    """0-based number among the completions of its task."""
    completion: str
    compiled: bool | None
    """Whether prompt and completion compile; None if unscored."""
    outcome: str
    """How the tests ended, a value of `rlcf.languages.outcome.Outcome`."""
    detail: str
    """The exception or reason, shortened."""
    error_classes: tuple[str, ...]
    """Classes of the compiler's errors, each once."""
    diagnostics: tuple[dict[str, Any], ...]
    """The compiler's diagnostics of prompt and completion, as `Diagnostic.to_json`."""
    length: int
    """`code_length` of the completion, in characters."""
    reference_length: int | None
    """`code_length` of the task's solution; None if it has none."""
    degenerate: bool
    """`is_degenerate` of the completion."""
    tested: bool
    """Whether the task has tests, so that an outcome could be known."""
    missing: bool = False
    """No sample was given: counts as failed, and is no program (`rlcf score --missing-fail`)."""
    whole: bool = False
    """Whether the completion is the whole program: the diagnostics' places are in it alone, else
    in prompt and completion together."""
    attempts: int = 1
    """Draws until the compiler accepted one; all of them if it accepted none."""
    tokens: int | None = None
    """Drawn in all attempts; None if not known."""


@dataclass(frozen=True)
class TurnScore:
    """One turn of drawing: what it cost, and where all programs stand after it."""

    drawn: int
    """Programs that were drawn in it."""
    tokens: int
    """Drawn in it."""
    prompt_tokens: int
    """Read in it."""
    compile_rate: Estimate | None
    pass_at_1: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """An entry of `by_turn`."""
        rates = {"compile_rate": self.compile_rate, "pass@1": self.pass_at_1}
        return {
            **{name: getattr(self, name) for name in ("drawn", "tokens", "prompt_tokens")},
            **{name: _json(rate) for name, rate in rates.items()},
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> TurnScore:
        """The inverse of `to_json`."""
        rates = [value[name] for name in ("compile_rate", "pass@1")]
        costs = [value[name] for name in ("drawn", "tokens", "prompt_tokens")]
        return cls(*costs, *(rate and Estimate.from_json(rate) for rate in rates))


@dataclass(frozen=True)
class ScoreReport:
    """The scores of a set of completions."""

    rows: tuple[SampleScore, ...]
    """One per sample, by task in the order given."""
    ks: tuple[int, ...] = (1,)
    """The k of pass@k."""
    seed: int = 0
    """Seed of the bootstrap."""
    by_turn: tuple[TurnScore, ...] = ()
    """Of programs drawn here: the first draw, and each turn for what was rejected."""

    @cached_property
    def by_task(self) -> dict[str, list[SampleScore]]:
        """The rows of each task, in order."""
        groups: dict[str, list[SampleScore]] = {}
        for row in self.rows:
            groups.setdefault(row.task_id, []).append(row)
        return groups

    @cached_property
    def totals(self) -> dict[str, Estimate | None]:
        """Every measure by name; None where nothing was measured (no tests, no references).

        `compile_rate`: share of samples accepted, of those with a verdict. `execution_rate`:
        share whose tests ran to passed or failed, of the scored samples of tasks with tests.
        `pass@k`: mean over tasks with tests and at least k scored samples. `length_ratio`:
        mean completion length over mean reference length. `degenerate_share`,
        `distinct_share` (`distinct_weights`): of all samples that are there.
        """
        return {name: self._estimate(name, measure) for name, measure in self._measures().items()}

    def estimate(self, name: str) -> Estimate | None:
        """One of the totals, or pass@1 whatever `ks` are."""
        return self._estimate(name, {**self._measures(), "pass@1": _pass_at(1)}[name])

    @property
    def tasks(self) -> int:
        """How many tasks have at least one sample."""
        return len(self.by_task)

    @property
    def unscored(self) -> int:
        """Samples without a verdict or whose run failed for our own reasons."""
        return sum(_is_unscored(row) for row in self.rows)

    @cached_property
    def outcomes(self) -> dict[str, int]:
        """Samples by outcome, in the order of `Outcome`."""
        counts = Counter(row.outcome for row in self.rows)
        return {str(outcome): counts[outcome] for outcome in Outcome if counts[outcome]}

    @cached_property
    def error_classes(self) -> dict[str, int]:
        """Samples with at least one error of the class, most frequent first."""
        return dict(Counter(name for row in self.rows for name in row.error_classes).most_common())

    def summary(self) -> dict[str, Any]:
        """The four headline measures as JSON, and `tasks`."""
        names = ("compile_rate", "execution_rate", "pass@1", "length_ratio")
        return {**{name: _json(self.totals.get(name)) for name in names}, "tasks": self.tasks}

    def to_json(self) -> dict[str, Any]:
        """The layout of `rlcf score --json`."""
        return {
            "samples": [asdict(row) for row in self.rows],
            "totals": {name: _json(estimate) for name, estimate in self.totals.items()},
            "counts": {
                "samples": len(self.rows),
                "unscored": self.unscored,
                "outcomes": self.outcomes,
                "error_classes": self.error_classes,
            },
            "tasks": self.tasks,
            "ks": list(self.ks),
            "seed": self.seed,
            "by_turn": [turn.to_json() for turn in self.by_turn],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ScoreReport:
        """The inverse of `to_json`; the totals are computed anew from the rows."""
        rows = []
        for row in value["samples"]:
            lists = {key: tuple(row[key]) for key in ("error_classes", "diagnostics")}
            rows.append(SampleScore(**{**row, **lists}))
        turns = tuple(map(TurnScore.from_json, value.get("by_turn", ())))
        return cls(tuple(rows), tuple(value["ks"]), value["seed"], turns)

    def save(self, path: Path) -> None:
        """Write the JSON so that a crash or a full disk leaves the old file or the new one."""
        write(path, json.dumps(self.to_json(), ensure_ascii=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> ScoreReport:
        """Read what `save` wrote."""
        return cls.from_json(json.loads(read_text(path, TABLE_BYTES)))

    def columns(self) -> dict[str, tuple[Floats, Floats]]:
        """Of each measure that applies, the tasks' numerators and denominators, in order."""
        found = {name: self._columns(measure) for name, measure in self._measures().items()}
        return {name: pair for name, pair in found.items() if pair[1].sum() > 0}

    def draws(self, name: str, task_ids: Sequence[str] | None = None) -> float:
        """The independent observations at most that a share is of: the samples, mostly."""
        return self._draws(name, self._columns(self._measures()[name], task_ids)[1], task_ids)

    def _measures(self) -> dict[str, _Measure]:
        share = self._distinct_weights
        return {
            "compile_rate": _compile_rate,
            "execution_rate": _execution_rate,
            **{f"pass@{k}": _pass_at(k) for k in self.ks},
            "length_ratio": _length_ratio,
            "degenerate_share": _of_programs(lambda row: row.degenerate),
            "distinct_share": _of_programs(lambda row: share[row.completion]),
        }

    @cached_property
    def _distinct_weights(self) -> dict[str, float]:
        """By completion."""
        programs = [row.completion for row in self.rows if not row.missing]
        return dict(zip(programs, distinct_weights(programs), strict=True))

    def _estimate(self, name: str, measure: _Measure) -> Estimate | None:
        pair = self._columns(measure)
        if not is_share(name):
            return bootstrap_ratio(*pair, seed=self.seed)
        return self._share(name, pair).estimate() if pair[1].sum() else None

    def _share(
        self, name: str, pair: tuple[Floats, Floats], task_ids: Sequence[str] | None = None
    ) -> Share:
        return Share(*pair, draws=self._draws(name, pair[1], task_ids))

    def _draws(
        self, name: str, denominator: Floats, task_ids: Sequence[str] | None = None
    ) -> float:
        ids = self.by_task if task_ids is None else task_ids
        known = zip(ids, denominator, strict=True)
        samples = sum(len(self.by_task[i]) for i, measured in known if measured)
        k = int(name.removeprefix("pass@")) if name.startswith("pass@") else 1
        return max(1.0, samples / k)

    def _columns(
        self, measure: _Measure, task_ids: Sequence[str] | None = None
    ) -> tuple[Floats, Floats]:
        ids = self.by_task if task_ids is None else task_ids
        pairs = np.array([measure(self.by_task[i]) for i in ids], dtype=np.float64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


_Measure = Callable[[Sequence[SampleScore]], tuple[float, float]]
"""From the rows of one task to (numerator, denominator); (0, 0) where it does not apply."""


def compare(before: ScoreReport, after: ScoreReport, *, seed: int = 0) -> dict[str, Estimate]:
    """After minus before, paired over the tasks that both have samples of.

    Measures that one side lacks (no tests, no references, too few samples for a k)
    are left out.

    Raises:
        ValueError: no task is in both.
    """
    shared = [task_id for task_id in before.by_task if task_id in after.by_task]
    if not shared:
        raise ValueError("the two reports have no task in common")
    ours, theirs = before._measures(), after._measures()
    differences: dict[str, Estimate] = {}
    for name in ours:
        if name not in theirs:
            continue
        sides = before._columns(ours[name], shared), after._columns(theirs[name], shared)
        if not is_share(name):
            estimate = bootstrap_difference(*sides, seed=seed)
        elif all(side[1].sum() for side in sides):
            estimate = difference(
                before._share(name, sides[0], shared), after._share(name, sides[1], shared)
            )
        else:
            estimate = None
        if estimate is not None:
            differences[name] = estimate
    return differences


def is_share(measure: str) -> bool:
    """Whether a measure lies between 0 and 1, unlike the ratio of lengths."""
    return measure != "length_ratio"


def _is_unscored(row: SampleScore) -> bool:
    return row.compiled is None or row.outcome == Outcome.UNSCORED


def _of_programs(value: Callable[[SampleScore], float]) -> _Measure:
    """The mean over what was given."""

    def measure(rows: Sequence[SampleScore]) -> tuple[float, float]:
        given = [row for row in rows if not row.missing]
        return sum(map(value, given)), len(given)

    return measure


def _compile_rate(rows: Sequence[SampleScore]) -> tuple[float, float]:
    judged = [row for row in rows if row.compiled is not None]
    return sum(bool(row.compiled) for row in judged), len(judged)


def _execution_rate(rows: Sequence[SampleScore]) -> tuple[float, float]:
    run = [row for row in rows if row.tested and not _is_unscored(row)]
    return sum(Outcome(row.outcome).executed for row in run), len(run)


def _pass_at(k: int) -> _Measure:
    def measure(rows: Sequence[SampleScore]) -> tuple[float, float]:
        run = [row for row in rows if row.tested and not _is_unscored(row)]
        if len(run) < k:
            return 0.0, 0.0
        return pass_at_k(len(run), sum(row.outcome == Outcome.PASSED for row in run), k), 1.0

    return measure


def _length_ratio(rows: Sequence[SampleScore]) -> tuple[float, float]:
    reference = rows[0].reference_length
    if reference is None:
        return 0.0, 0.0
    return sum(row.length for row in rows) / len(rows), reference


def _json(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else estimate.to_json()
