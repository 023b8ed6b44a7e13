"""One self-contained HTML file that shows what training changed.

Shows what was trained, whether the guards look like cheating, rates with intervals, curves, guards,
errors, and browsers of the programs measured and of those of each step. Needs no network. Tables,
their CSV and curves need no JavaScript; tooltips and the browsers of programs do. All numbers come
from `rlcf.evaluation.results` and `rlcf.evaluation.signs`.
"""

from __future__ import annotations

from rlcf.evaluation.report.about import run_facts
from rlcf.evaluation.report.page import Measured, Run, write_report

__all__ = ["Measured", "Run", "run_facts", "write_report"]
