"""From scores to the committed numbers: means over seeds with intervals, and paired differences.

An arm's number is the mean over its seeds; its interval is over tasks, the product's own
(`rlcf.evaluation.intervals`, the bootstrap for the ratio of lengths). Differences are paired over
tasks. Does not draw nor train.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from experiments.pretrained.recited import recites
from experiments.results import curves, estimates, first_programs, over_seeds, paired
from rlcf.evaluation.results import ScoreReport

HEADLINES = ("compile_rate", "execution_rate", "pass@1", "length_ratio")
COMPUTED = "pass@1_computed"
"""pass@1 without the programs that pass by listing the answers of the prompt (`recited`)."""
SHOWN = 20
"""Programs of an arm that are kept in the file, to be read."""
OURS = ("rlcf", "rlcf_2")
RIVALS = ("tuned", "tuned_2", "sft", "rft", "compiler", "comparator", "paper", "best_of_5")
"""What the method is compared with besides the base."""


@dataclass(frozen=True)
class Found:
    """All that was measured of an arm of a policy on a test."""

    reports: Mapping[float, Sequence[ScoreReport]]
    """Temperature -> a report per seed; the first temperature is the arm's own best."""
    tokens: float = 0.0
    """Tokens through the policy that the training of a seed took, on average."""
    style: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[float, Sequence[float]] = field(default_factory=dict)
    """Temperature -> pass@1 and compile rate on validation tasks, by which it was chosen."""
    metrics: Sequence[Sequence[Mapping[str, Any]]] = ()
    """Of the training of each seed, a row per step."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Task -> its prompt."""

    @property
    def best(self) -> float:
        """The temperature that was chosen."""
        return next(iter(self.reports))

    @property
    def at_best(self) -> Sequence[ScoreReport]:
        """Of each seed, at that temperature."""
        return self.reports[self.best]

    @property
    def computed(self) -> Sequence[ScoreReport]:
        """The same, where a right answer that is recited is none."""
        return [unrecited(report, self.prompts) for report in self.at_best]


def arm_json(found: Found, base: Found | None) -> dict[str, Any]:
    """Rates at the arm's own best temperature, their difference to the base at the base's, and
    those at the other temperatures."""
    best = found.at_best
    result: dict[str, Any] = {"seeds": len(best), "temperature": found.best, **found.style}
    result |= with_computed(rates(best), rates(found.computed))
    result["recited_share"] = _recited_share(found)
    if base is not None and base is not found:
        result["minus_base"] = minus(base, found)
    at: dict[str, Any] = {}
    for temperature, reports in found.reports.items():
        name = f"{temperature:g}" if temperature else "greedy"
        at[name] = rates(reports)
        if base is not None and base is not found and temperature in base.reports:
            at[name]["minus_base"] = paired(base.reports[temperature], reports)
    result["at"] = at
    if len(best) > 1:
        result["by_seed"] = [{k: v["mean"] for k, v in rates([one]).items()} for one in best]
    result["error_classes"] = _errors(best)
    result["unscored"] = sum(report.unscored for report in best)
    result["validation"] = {
        f"{temperature:g}": {"pass@1": round(right, 5), "compile_rate": round(compiles, 5)}
        for temperature, (right, compiles) in found.choices.items()
    }
    result["tokens"] = found.tokens
    if timed := [sum(row.get("seconds/step", 0.0) for row in rows) for rows in found.metrics]:
        result["training_seconds"] = round(sum(timed) / len(timed))
    result["curves"] = curves(found.metrics)
    result["programs"] = first_programs(best[0], SHOWN)
    return result


def rivals_json(arms: Mapping[str, Found], name: str) -> dict[str, Any]:
    """An arm minus each arm that it must beat, each at its own best temperature."""
    if name not in arms:
        return {}
    return {other: minus(arms[other], arms[name]) for other in RIVALS if other in arms}


def minus(before: Found, after: Found) -> dict[str, dict[str, float]]:
    """After minus before, each at its own best temperature."""
    answers = paired(before.computed, after.computed)
    return with_computed(paired(before.at_best, after.at_best), answers)


def with_computed(values: dict[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and pass@1 without what is recited; tasks without tests have none."""
    return {**values, COMPUTED: answers["pass@1"]} if "pass@1" in answers else values


def unrecited(report: ScoreReport, prompts: Mapping[str, str]) -> ScoreReport:
    """The report, with programs that recite their prompt's answers as failures."""
    rows = tuple(
        replace(row, outcome="failed")
        if row.outcome == "passed" and recites(prompts.get(row.task_id, ""), row.completion)
        else row
        for row in report.rows
    )
    return replace(report, rows=rows)


def _recited_share(found: Found) -> float:
    rows = [row for report in found.at_best for row in report.rows]
    count = sum(recites(found.prompts.get(row.task_id, ""), row.completion) for row in rows)
    return round(count / len(rows), 5)


def rates(reports: Sequence[ScoreReport]) -> dict[str, dict[str, float]]:
    """Each measure, the mean over its seeds, with its interval."""
    return estimates(over_seeds(reports))


def _errors(reports: Sequence[ScoreReport]) -> dict[str, float]:
    """Share of programs with an error of each class, the most frequent first."""
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.error_classes)
    total = sum(len(report.rows) for report in reports)
    return {name: round(count / total, 5) for name, count in counts.most_common()}
