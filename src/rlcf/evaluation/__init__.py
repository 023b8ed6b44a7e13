"""How good are the programs: scores, intervals, comparisons, and a report to look at.

Needs numpy and the language's compiler and runner; no torch. Completions come from `rlcf generate`
or from anyone.
"""

from __future__ import annotations

from rlcf.evaluation.metrics import code_length, is_degenerate, pass_at_k
from rlcf.evaluation.report import Measured, Run, write_report
from rlcf.evaluation.results import SampleScore, ScoreReport, compare
from rlcf.evaluation.score import score_completions
from rlcf.evaluation.statistics import Estimate

__all__ = [
    "Estimate",
    "Measured",
    "Run",
    "SampleScore",
    "ScoreReport",
    "code_length",
    "compare",
    "is_degenerate",
    "pass_at_k",
    "score_completions",
    "write_report",
]
