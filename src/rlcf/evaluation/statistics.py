"""Intervals by the bootstrap over tasks.

Samples of one task resemble each other, so tasks, not samples, are drawn with
replacement (a cluster bootstrap; Efron and Tibshirani 1993, chapters 13 and 8). Intervals
are the 2.5 and 97.5 percentiles. They say how the number would vary over other tasks of the
same kind; they say nothing of other training seeds. With few tasks, or a share of exactly
0 or 1, percentile intervals are too narrow (of zero width in the latter case): shares have theirs
from `intervals`, and these are for ratios that are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
_CHUNK_CELLS = 2_000_000
"""Resampled task numbers held at a time: 16 MB of indices."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    mean: float
    """The estimate from all tasks."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""

    def to_json(self) -> dict[str, float]:
        """As `{"mean", "low", "high"}`."""
        return {"mean": self.mean, "low": self.low, "high": self.high}

    @classmethod
    def from_json(cls, value: dict[str, float]) -> Estimate:
        """The inverse of `to_json`."""
        return cls(value["mean"], value["low"], value["high"])


def bootstrap_ratio(
    numerator: Floats, denominator: Floats, *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate | None:
    """`sum(numerator) / sum(denominator)` over tasks, with its interval.

    With per-task counts (compiled, sampled) it is the share of samples; with denominators
    of one, the mean over tasks; with lengths, the ratio of means. None where the
    denominators sum to zero (nothing was measured).
    """
    return _bootstrap([(numerator, denominator)], seed, resamples)


def bootstrap_difference(
    before: tuple[Floats, Floats],
    after: tuple[Floats, Floats],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate | None:
    """After minus before, of two such ratios over the same tasks, paired: each resample
    takes the same tasks on both sides, so what makes a task hard cancels.

    Raises:
        ValueError: the two sides do not have the same number of tasks.
    """
    if len(before[0]) != len(after[0]):
        raise ValueError("a paired comparison needs the same tasks on both sides")
    return _bootstrap([before, after], seed, resamples)


def _bootstrap(sides: list[tuple[Floats, Floats]], seed: int, resamples: int) -> Estimate | None:
    if any(float(denominator.sum()) == 0.0 for _, denominator in sides):
        return None
    mean = _last_minus_first([float(n.sum() / d.sum()) for n, d in sides])
    draws: list[Floats] = []
    for chosen in _resampled_tasks(len(sides[0][0]), seed, resamples):
        ratios = []
        for numerator, denominator in sides:
            total = denominator[chosen].sum(axis=1)
            # A resample may hit only tasks without samples: such a one tells nothing.
            ratios.append(
                np.divide(
                    numerator[chosen].sum(axis=1),
                    total,
                    out=np.full(len(total), np.nan),
                    where=total > 0,
                )
            )
        draws.append(ratios[0] if len(ratios) == 1 else ratios[1] - ratios[0])
    low, high = np.nanpercentile(np.concatenate(draws), [2.5, 97.5])
    return Estimate(mean, float(low), float(high))


def _last_minus_first(values: list[float]) -> float:
    return values[0] if len(values) == 1 else values[1] - values[0]


def _resampled_tasks(tasks: int, seed: int, resamples: int) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    chunk = max(1, _CHUNK_CELLS // tasks)
    for begin in range(0, resamples, chunk):
        yield generator.integers(0, tasks, size=(min(chunk, resamples - begin), tasks))
