"""Two ways to spend tokens, such as repairing programs and drawing them again, at equal tokens."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np

from rlcf.evaluation.results import ScoreReport


def at_equal_tokens(
    report: ScoreReport, other: ScoreReport, measure: str, *, prompts: bool
) -> list[tuple[int, float, float]]:
    """For each turn of `report`: tokens up to its end, its rate, the rate of `other` for as many.

    Between two turns of `other` the rate is that of giving the later one to a part of the programs,
    drawn at random. NaN where nothing was measured, or `other` began later or stopped before.

    Args:
        report, other: each with `by_turn`.
        measure: `pass@1` or `compile_rate`.
        prompts: count tokens of prompts too, not only those drawn.
    """
    spent, rates = _course(report, measure, prompts)
    others = np.interp(spent, *_course(other, measure, prompts), left=math.nan, right=math.nan)
    return list(zip(spent, rates, others.tolist(), strict=True))


def _course(report: ScoreReport, measure: str, prompts: bool) -> tuple[list[int], list[float]]:
    """Tokens up to the end of each turn, and the rate then."""
    found = [turn.to_json()[measure] for turn in report.by_turn]
    spent = accumulate(turn.tokens + prompts * turn.prompt_tokens for turn in report.by_turn)
    return list(spent), [math.nan if rate is None else rate["mean"] for rate in found]
