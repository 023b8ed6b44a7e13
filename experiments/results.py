"""From scores to the numbers of an experiment: means over seeds, intervals, comparisons.

An arm's number is the mean over its seeds; its interval is of that mean over problems, as the
product has it (`rlcf.evaluation.intervals`; of length ratios `statistics`), so that it says how the
number would vary over other problems; the spread over training seeds stands beside it, seed by
seed. Differences are paired over problems. Older result files have a bootstrap's intervals of
shares too, which collapse at 0 and 1. Does not train nor draw.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.settings import Experiment
from rlcf.evaluation.intervals import Share, difference
from rlcf.evaluation.results import SampleScore, ScoreReport, is_share
from rlcf.evaluation.statistics import Estimate, bootstrap_difference, bootstrap_ratio

CURVES = (
    "compile_rate",
    "length_ratio",
    "degenerate",
    "distinct",
    "kl",
    "entropy",
    "similarity",
    "comparator/accuracy",
)
SHOWN = 10
"""Sample programs, before and after, kept in the file."""


@dataclass(frozen=True)
class Evaluation:
    """The scores of one trained model."""

    seed: int
    sampled: ScoreReport
    greedy: ScoreReport | None = None
    length: ScoreReport | None = None
    """On tasks with references."""
    metrics: Sequence[Mapping[str, Any]] = ()
    """Its training metrics, one row per step."""
    tokens: float = 0.0
    """Tokens through the policy that its training took (`compute`)."""


def experiment_json(
    experiment: Experiment, found: Mapping[str, Sequence[Evaluation]], environment: dict[str, Any]
) -> dict[str, Any]:
    """Everything that the page shows."""
    base = found["base"]
    arms = {name: arm_json(runs, base) for name, runs in found.items()}
    for k in experiment.best_of:
        report = best_of(base[0].sampled, k)
        arms[f"base, best of {k}"] = arm_json(
            [Evaluation(0, report, base[0].greedy, base[0].length)], base
        )
    pairs = {}
    names = [arm.name for arm in experiment.arms if arm.name in found]
    for one in names:
        for other in names:
            if one != other:
                pairs[f"{one} - {other}"] = differences(found[other], found[one], "sampled")
    return {
        "experiment": dataclasses.asdict(experiment),
        "environment": environment,
        "tasks": base[0].sampled.tasks,
        "arms": arms,
        "differences": pairs,
        "programs": sample_programs(found),
    }


def arm_json(runs: Sequence[Evaluation], base: Sequence[Evaluation]) -> dict[str, Any]:
    """Rates, their difference to the base, and what happened on the way."""
    result: dict[str, Any] = {"seeds": [run.seed for run in runs], "tokens": runs[0].tokens}
    for how in ("sampled", "greedy", "length"):
        reports = [report for run in runs if (report := getattr(run, how)) is not None]
        if not reports:
            continue
        result[how] = {
            "rates": estimates(over_seeds(reports)),
            "by_seed": [_means(report) for report in reports],
            "unscored": sum(report.unscored for report in reports),
        }
        if runs is not base:
            result[how]["minus_base"] = differences(base, runs, how)
    errors: dict[str, float] = {}
    for run in runs:
        for name, count in run.sampled.error_classes.items():
            errors[name] = errors.get(name, 0.0) + count / len(run.sampled.rows) / len(runs)
    result["error_classes"] = dict(sorted(errors.items(), key=lambda item: -item[1]))
    result["curves"] = curves([run.metrics for run in runs])
    return result


def curves(runs: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, list[list[float | None]]]:
    """Metric -> its course in each run, from their training metrics, a row per step."""
    return {
        name: [[round(row[name], 4) if name in row else None for row in run] for run in runs]
        for name in CURVES
        if any(name in row for run in runs for row in run)
    }


def differences(
    before: Sequence[Evaluation], after: Sequence[Evaluation], how: str
) -> dict[str, dict[str, float]]:
    """After minus before, each the mean over its seeds, paired over problems."""
    return paired([getattr(run, how) for run in before], [getattr(run, how) for run in after])


def paired(
    before: Sequence[ScoreReport], after: Sequence[ScoreReport]
) -> dict[str, dict[str, float]]:
    """After minus before of each measure, paired over problems; reports are those of seeds."""
    ours, theirs = over_seeds(before), over_seeds(after)
    found = {name: _difference(name, ours[name], theirs[name]) for name in ours if name in theirs}
    return {name: e.to_json() for name, e in found.items() if e is not None}


def _difference(name: str, before: Share, after: Share) -> Estimate | None:
    if is_share(name):
        return difference(before, after)
    sides = ((side.numerator, side.denominator) for side in (before, after))
    return bootstrap_difference(*sides)


def over_seeds(reports: Sequence[ScoreReport]) -> dict[str, Share]:
    """Each measure over problems, numerators and denominators averaged over seeds."""
    columns = [report.columns() for report in reports]
    shared = [name for name in columns[0] if all(name in c for c in columns)]
    return {
        name: Share(
            np.mean([c[name][0] for c in columns], axis=0),
            np.mean([c[name][1] for c in columns], axis=0),
            draws=sum(report.draws(name) for report in reports),
        )
        for name in shared
    }


def estimates(columns: Mapping[str, Share]) -> dict[str, dict[str, float]]:
    """Each measure with its interval."""
    found = {
        name: one.estimate() if is_share(name) else bootstrap_ratio(one.numerator, one.denominator)
        for name, one in columns.items()
    }
    return {name: e.to_json() for name, e in found.items() if e is not None}


def _means(report: ScoreReport) -> dict[str, float]:
    totals: Mapping[str, Estimate | None] = report.totals
    return {name: round(e.mean, 5) for name, e in totals.items() if e is not None}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def best_of(report: ScoreReport, k: int) -> ScoreReport:
    """What a user gets who draws k programs and keeps the first that compiles (else the first).

    The samples of a task are divided into groups of k, each of which gives one program.
    """
    rows: list[SampleScore] = []
    for samples in report.by_task.values():
        for start in range(0, len(samples) - k + 1, k):
            group = samples[start : start + k]
            rows.append(next((row for row in group if row.compiled), group[0]))
    return ScoreReport(tuple(rows), (1,), report.seed)


def sample_programs(found: Mapping[str, Sequence[Evaluation]]) -> list[dict[str, Any]]:
    """The first sample of tasks spread evenly over the test set, of every arm's first seed."""
    shown = {name: first_programs(runs[0].sampled, SHOWN) for name, runs in found.items()}
    return [
        {"task_id": task_id, **{name: programs[task_id] for name, programs in shown.items()}}
        for task_id in shown["base"]
    ]


def first_programs(report: ScoreReport, count: int) -> dict[str, dict[str, Any]]:
    """Task -> its first sample, of tasks spread evenly over the test set."""
    ids = list(report.by_task)
    chosen = [ids[i * len(ids) // count] for i in range(min(count, len(ids)))]
    return {task_id: _program(report.by_task[task_id][0]) for task_id in chosen}


def _program(sample: SampleScore) -> dict[str, Any]:
    return {
        "completion": sample.completion,
        "compiled": sample.compiled,
        "outcome": sample.outcome,
        "errors": [d["message"] for d in sample.diagnostics][:2],
    }
