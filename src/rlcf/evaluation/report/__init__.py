"""One self-contained HTML file that shows what training changed.

Covers what was trained, rates with intervals, curves, guards, errors, and a browser of
programs. Needs no network; tables and curves need no JavaScript, the browser of programs
does. Does not compute anything that `rlcf.evaluation.results` does not.
"""

from __future__ import annotations

from rlcf.evaluation.report.about import run_facts
from rlcf.evaluation.report.page import write_report

__all__ = ["run_facts", "write_report"]
