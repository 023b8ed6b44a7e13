"""Intervals of shares: their coverage by simulation, and what they say at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from eval_fakes import FakeToolchain, task
from rlcf.evaluation import ScoreReport, compare, score_completions
from rlcf.evaluation.intervals import Share, difference, wilson

pytestmark = pytest.mark.in_process

TRIALS = 600
LEAST = 0.92  # 95 % promised, about 93 % kept at worst, and what chance does to so many trials
Floats = NDArray[np.float64]


def qualities(rng: np.random.Generator, mean: float, likeness: float, tasks: int) -> Floats:
    """Chances of the tasks' samples to count; likeness is the correlation of two of one task."""
    if likeness == 0:
        return np.full(tasks, mean)
    if likeness == 1:
        return (rng.random(tasks) < mean).astype(float)
    spread = (1 - likeness) / likeness
    return rng.beta(mean * spread, (1 - mean) * spread, tasks)


def drawn(rng: np.random.Generator, chances: Floats, n: int) -> Share:
    counts = rng.binomial(n, chances).astype(float)
    return Share(counts, np.full(len(counts), float(n)), n * len(counts))


@pytest.mark.parametrize("mean", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("tasks", [8, 30, 200])
@pytest.mark.parametrize("n", [1, 4, 10])
@pytest.mark.parametrize("likeness", [0.0, 0.3, 1.0])
def test_coverage_of_shares(mean: float, tasks: int, n: int, likeness: float) -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(TRIALS):
        found = drawn(rng, qualities(rng, mean, likeness, tasks), n).estimate()
        hits += found.low <= mean <= found.high
    assert hits / TRIALS >= LEAST


@pytest.mark.parametrize("mean", [0.02, 0.5, 0.98])
@pytest.mark.parametrize(("tasks", "n"), [(8, 1), (8, 10), (50, 4), (200, 1), (200, 10)])
@pytest.mark.parametrize("likeness", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_coverage_of_differences(
    mean: float, tasks: int, n: int, likeness: float, gain: float
) -> None:
    rng = np.random.default_rng(8)
    change, hits = gain * (1 - mean), 0
    for _ in range(TRIALS):
        before = qualities(rng, mean, likeness, tasks)
        kept = rng.random(tasks) < 0.8
        after = np.where(kept, before, qualities(rng, mean, likeness, tasks))
        after += gain * (1 - after)
        found = difference(drawn(rng, before, n), drawn(rng, after, n))
        hits += found.low <= change <= found.high
    assert hits / TRIALS >= LEAST


def test_many_independent_samples_have_the_binomial_interval() -> None:
    rng = np.random.default_rng(9)
    found = drawn(rng, np.full(2000, 0.3), 1).estimate()
    low, high = wilson(found.mean, 2000)
    assert found.low == pytest.approx(low, abs=5e-4)
    assert found.high == pytest.approx(high, abs=5e-4)


def test_wilson_is_wilson() -> None:
    low, high = wilson(0.1, 50)  # Newcombe 1998
    assert (low, high) == pytest.approx((0.0435, 0.2136), abs=1e-4)
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_samples_that_are_alike_count_for_less() -> None:
    values, ones = np.array([1.0, 0.0] * 50), np.ones(100)
    alike = Share(10 * values, 10 * ones, 1000).estimate()
    single = Share(values, ones, 100).estimate()
    assert alike.low == pytest.approx(single.low)
    assert alike.high == pytest.approx(single.high)
    apart = Share(np.full(100, 5.0), 10 * ones, 1000).estimate()
    assert apart.high - apart.low < 0.4 * (alike.high - alike.low)


def test_what_tasks_share_cancels() -> None:
    rng = np.random.default_rng(10)
    hardness = rng.random(200)
    before, after = drawn(rng, hardness, 200), drawn(rng, 0.9 * hardness + 0.1, 200)
    found = difference(before, after)
    alone = before.estimate()
    assert found.high - found.low < 0.5 * (alone.high - alone.low)
    assert found.low > 0


def report(texts: list[list[str]]) -> ScoreReport:
    return score_completions(
        [task(f"T{i}") for i in range(len(texts))],
        texts,
        toolchains={"java": FakeToolchain()},
        ks=(1, 2),
    )


@pytest.mark.parametrize("samples", [1, 5])
@pytest.mark.parametrize(("text", "share"), [("x + y;", 1.0), ("BAD", 0.0)])
def test_eight_tasks_are_never_certain(text: str, share: float, samples: int) -> None:
    found = report([[f"{text} {i}" for i in range(samples)] for _ in range(8)])
    same = compare(found, found)
    for name in ("compile_rate", "execution_rate", "pass@1", *["pass@2"] * (samples > 1)):
        estimate = found.totals[name]
        if estimate is None:
            continue
        assert estimate.mean == share
        assert estimate.high - estimate.low > 0.3
        assert 0.0 <= estimate.low <= share <= estimate.high <= 1.0
        assert same[name].mean == 0.0
        assert same[name].low < -0.2
        assert same[name].high > 0.2


def test_one_task_says_next_to_nothing() -> None:
    estimate = report([["x;"]]).totals["pass@1"]
    assert estimate is not None
    assert estimate.low < 0.05


def test_sides_need_the_same_tasks() -> None:
    one, two = (Share(np.ones(n), np.ones(n), n) for n in (1, 2))
    with pytest.raises(ValueError, match="same tasks"):
        difference(one, two)
