"""Intervals of shares, of 95 %: Wilson's, for samples that come in tasks.

Samples of one task resemble each other, so they count for less than as many independent ones: the
effective number is theirs over the design effect, the variance between tasks over the binomial one
(Korn and Graubard 1998; Dean and Pagano 2015). Wilson's interval (1927) of that number neither
collapses at a share of 0 or 1 nor leaves [0, 1]. Differences of two shares over the same tasks are
Newcombe's (1998, method 10; Zou and Donner 2008): the two intervals joined, with the correlation
between the sides. Two small corrections keep coverage where tasks are few or a share is near the
edge: Student's t instead of the normal quantile, and pseudo-tasks on either side (`_SHARE`,
`_CHANGE`), without which the design effect of tasks that are all alike would be unknown.
`tests/test_intervals.py` has the coverage by simulation. Ratios that are no shares have the
bootstrap (`statistics`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from rlcf.evaluation.statistics import Estimate, Floats

_Z = NormalDist().inv_cdf(0.975)
_SHARE = 0.25
"""Of a task all of whose samples count, and of one of which none does, in the design effect."""
_CHANGE = 1.0
"""Of a task that turned all good, and as much of one that turned all bad, in the correlation."""


@dataclass(frozen=True)
class Share:
    """A share over tasks."""

    numerator: Floats
    """(tasks,) how much of the denominator counts, such as samples that compile."""
    denominator: Floats
    """(tasks,) such as all samples; 0 where nothing is known of a task."""
    draws: float
    """Independent observations at most, over all tasks: the samples, mostly."""

    @property
    def mean(self) -> float:
        """The share, in [0, 1]."""
        return float(self.numerator.sum() / self.denominator.sum())

    @property
    def size(self) -> float:
        """The mean denominator of the tasks that have one."""
        return float(self.denominator.sum() / np.count_nonzero(self.denominator))

    def residuals(self) -> Floats:
        """(tasks,) numerators less what the mean expects, in mean denominators."""
        return (self.numerator - self.mean * self.denominator) / self.size

    def estimate(self) -> Estimate:
        """The share and its interval."""
        return Estimate(self.mean, *wilson(self.mean, self.effective()))

    def effective(self) -> float:
        """Independent observations that would tell as much."""
        known = self.denominator > 0
        numerator, denominator = self.numerator[known], self.denominator[known] / self.size
        tasks, added = len(denominator), 2 * _SHARE
        mean = (self.numerator.sum() / self.size + _SHARE) / (tasks + added)
        squares = ((numerator / self.size - mean * denominator) ** 2).sum()
        squares += _SHARE * (mean**2 + (1 - mean) ** 2)
        one_a_task = (tasks + added) * mean * (1 - mean)
        # How many tasks, each as good as one observation, the variance between tasks is worth.
        worth = tasks * one_a_task / squares * (tasks + added - 1) / (tasks + added)
        return float(min(worth, self.draws) * (_Z / _student(tasks - 1)) ** 2)


def wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's interval of a share seen in `count` independent observations."""
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * sqrt(share * (1 - share) / count + (_Z / (2 * count)) ** 2)
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def difference(before: Share, after: Share) -> Estimate:
    """After minus before, over the same tasks in the same order.

    Raises:
        ValueError: the two sides do not have the same number of tasks.
    """
    if len(before.numerator) != len(after.numerator):
        raise ValueError("a paired comparison needs the same tasks on both sides")
    first, second = before.estimate(), after.estimate()
    change, together = second.mean - first.mean, _correlation(before, after)
    down = (second.mean - second.low, first.high - first.mean)
    up = (second.high - second.mean, first.mean - first.low)
    return Estimate(change, change - _joined(*down, together), change + _joined(*up, together))


def _joined(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one**2 + other**2 - 2 * correlation * one * other))


def _correlation(before: Share, after: Share) -> float:
    """Between the two shares, over tasks."""
    ours, theirs = before.residuals(), after.residuals()
    p, q = before.mean, after.mean
    covariance = float(ours @ theirs) - _CHANGE * ((1 - p) * q + p * (1 - q))
    squares = [float(r @ r) for r in (ours, theirs)]
    if not all(squares):
        return 0.0
    variances = [s + _CHANGE * (m**2 + (1 - m) ** 2) for s, m in zip(squares, (p, q), strict=True)]
    return covariance / sqrt(variances[0] * variances[1])


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (Abramowitz and Stegun 26.7.5; exact for 1 and 2)."""
    if freedom <= 2:
        return 12.706 if freedom < 2 else 4.303
    z, v = _Z, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / v ** (i + 1) for i, term in enumerate(terms)))
