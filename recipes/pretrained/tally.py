"""From scores to the committed numbers: means over seeds with intervals, and paired differences.

An arm's number is the mean over its seeds; its interval is over tasks, the product's own
(`rlcf.evaluation.intervals`, the bootstrap for the ratio of lengths). Differences are paired over
tasks. Does not draw nor train.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rlcf.evaluation.intervals import Share, difference
from rlcf.evaluation.results import ScoreReport, is_share
from rlcf.evaluation.statistics import Estimate, Floats, bootstrap_difference, bootstrap_ratio

HEADLINES = ("compile_rate", "execution_rate", "pass@1", "length_ratio")
Columns = tuple[Floats, Floats]


@dataclass(frozen=True)
class Found:
    """All that was measured of an arm of a policy on a test."""

    reports: Mapping[float, Sequence[ScoreReport]]
    """Temperature -> a report per seed; the first temperature is the arm's own best."""
    tokens: float = 0.0
    """Tokens through the policy that the training of a seed took, on average."""
    style: Mapping[str, Any] = field(default_factory=dict)
    last_step: Mapping[str, float] = field(default_factory=dict)
    """Of the first seed's training metrics."""

    @property
    def best(self) -> float:
        """The temperature that was chosen."""
        return next(iter(self.reports))


def arm_json(found: Found, base: Found | None) -> dict[str, Any]:
    """Rates at the arm's own best temperature, their difference to the base at the base's, and
    those at the other temperatures."""
    best = found.reports[found.best]
    result: dict[str, Any] = {"seeds": len(best), "temperature": found.best, **found.style}
    result |= rates(best)
    if base is not None and base is not found:
        result["minus_base"] = differences(base.reports[base.best], best)
    at: dict[str, Any] = {}
    for temperature, reports in found.reports.items():
        name = f"{temperature:g}" if temperature else "greedy"
        at[name] = rates(reports)
        if base is not None and base is not found and temperature in base.reports:
            at[name]["minus_base"] = differences(base.reports[temperature], reports)
    result["at"] = at
    if len(best) > 1:
        result["by_seed"] = [{k: v["mean"] for k, v in rates([one]).items()} for one in best]
    result["error_classes"] = _errors(best)
    result["unscored"] = sum(report.unscored for report in best)
    result["tokens"] = found.tokens
    result |= {name: found.last_step[name] for name in ("kl", "entropy") if name in found.last_step}
    return result


def rates(reports: Sequence[ScoreReport]) -> dict[str, dict[str, float]]:
    """Each measure, with its interval."""
    found = {}
    for name, columns in _over_seeds(reports).items():
        ratio = bootstrap_ratio(*columns) if not is_share(name) else None
        estimate = _share(reports, name, columns).estimate() if is_share(name) else ratio
        if estimate is not None:
            found[name] = estimate.to_json()
    return found


def differences(
    before: Sequence[ScoreReport], after: Sequence[ScoreReport]
) -> dict[str, dict[str, float]]:
    """After minus before, of each measure that both have, paired over tasks."""
    ours, theirs, found = _over_seeds(before), _over_seeds(after), {}
    for name in [n for n in ours if n in theirs]:
        estimate: Estimate | None
        if is_share(name):
            sides = _share(before, name, ours[name]), _share(after, name, theirs[name])
            estimate = difference(*sides)
        else:
            estimate = bootstrap_difference(ours[name], theirs[name])
        if estimate is not None:
            found[name] = estimate.to_json()
    return found


def _over_seeds(reports: Sequence[ScoreReport]) -> dict[str, Columns]:
    """Columns of each measure over tasks, averaged over seeds."""
    columns = [report.columns() for report in reports]
    return {
        name: (
            np.mean([c[name][0] for c in columns], axis=0),
            np.mean([c[name][1] for c in columns], axis=0),
        )
        for name in columns[0]
        if all(name in c for c in columns)
    }


def _share(reports: Sequence[ScoreReport], name: str, columns: Columns) -> Share:
    k = int(name.removeprefix("pass@")) if name.startswith("pass@") else 1
    return Share(*columns, draws=max(1.0, sum(len(r.rows) for r in reports) / k))


def _errors(reports: Sequence[ScoreReport]) -> dict[str, float]:
    """Share of programs with an error of each class, the most frequent first."""
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.error_classes)
    total = sum(len(report.rows) for report in reports)
    return {name: round(count / total, 5) for name, count in counts.most_common()}
