"""Tables to take away: CSV in the page itself, as a link that needs neither script nor network."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlcf.evaluation.report.text import number, safe

_LARGEST = 1_000_000
"""Bytes of a table in the page at most."""
_ROWS = 100
"""Steps in the table at most, evenly spaced; the CSV has all."""


def download(name: str, rows: Iterable[Sequence[object]], what: str) -> str:
    """A link that saves a table.

    Args:
        name: of the file.
        rows: the heads first; None is an empty cell.
        what: the table, for the link's text.
    """
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    content = base64.b64encode(out.getvalue().encode()).decode()
    if len(content) > _LARGEST:
        return f'<p class="csv soft">As CSV, {safe(what)} would be too large for a page.</p>'
    return (
        f'<p class="csv"><a download="{safe(name)}" '
        f'href="data:text/csv;charset=utf-8;base64,{content}">Save {safe(what)} as CSV</a></p>'
    )


def steps_table(metrics: Sequence[Mapping[str, Any]], drawn: Mapping[str, str]) -> str:
    """The curves' numbers as a table, and all metrics as CSV.

    Args:
        metrics: rows of metrics.jsonl.
        drawn: key of each metric that has a curve -> its heading.
    """
    columns = list(dict.fromkeys(key for row in metrics for key in row if key != "step"))
    every = [[row.get("step"), *(_short(row.get(key)) for key in columns)] for row in metrics]
    last = len(metrics) - 1
    every_so = max(1, last) / (min(len(metrics), _ROWS) - 1 or 1)
    shown = sorted({round(i * every_so) for i in range(min(len(metrics), _ROWS))})
    heads = "".join(f'<th scope="col">{safe(head)}</th>' for head in ("Step", *drawn.values()))
    body = "".join(
        f'<tr><th scope="row">{safe(str(metrics[i].get("step", "")))}</th>'
        + "".join(f"<td>{_cell(metrics[i].get(key))}</td>" for key in drawn)
        + "</tr>"
        for i in shown
    )
    summary = "Steps as a table" + (f" ({_ROWS} of {len(metrics)})" if last >= _ROWS else "")
    return (
        f'<details class="steps"><summary>{summary}</summary><div class="wide" tabindex="0" '
        f'role="region" aria-label="Steps"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
        + download("steps.csv", [["step", *columns], *every], "all metrics of all steps")
    )


def _short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _cell(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float) else ""
