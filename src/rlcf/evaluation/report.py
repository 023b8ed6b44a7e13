"""One self-contained HTML file that shows what training changed.

Covers tables, curves, errors and programs before and after; needs no network, works
without JavaScript but for the filters. Does not compute anything that `results` does not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from rlcf.evaluation.report_curves import curves
from rlcf.evaluation.report_programs import card, safe, state
from rlcf.evaluation.results import SampleScore, ScoreReport, compare, write_atomically
from rlcf.evaluation.statistics import Estimate
from rlcf.tasks.task import Task

DRAWN = 5
BROWSED = 200
"""Tasks whose programs are in the file at most, drawn at random where there are more."""

_LABELS = {
    "compile_rate": "Compile rate",
    "execution_rate": "Execution rate",
    "length_ratio": "Length against the reference",
    "degenerate_share": "Degenerate programs",
    "distinct_share": "Distinct programs",
}


def write_report(
    path: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    before: ScoreReport,
    after: ScoreReport,
    tasks: Sequence[Task],
    metrics: Sequence[Mapping[str, Any]],
    seed: int = 0,
) -> None:
    """Write the report, replacing an older one at once when it is complete.

    Args:
        path: the HTML file.
        title: heading of the page.
        facts: what a reader needs to know of the run (model, tasks, seed, time), as text.
        before: scores of the untouched model.
        after: scores of the trained one, over the same tasks.
        tasks: the tasks that both are about.
        metrics: rows of the training log, oldest first; may be empty.
        seed: of the drawing of tasks and of the bootstrap.

    Raises:
        ValueError: the two reports have no task in common.
    """
    known = [t for t in tasks if t.task_id in before.by_task or t.task_id in after.by_task]
    order = random.Random(seed).sample(range(len(known)), len(known))
    drawn = [known[i] for i in order[:DRAWN]]
    browsed = [known[i] for i in sorted(order[:BROWSED])]
    pairs = {t.task_id: (_first(before, t), _first(after, t)) for t in known}
    figures = curves(metrics)
    template = Template(
        files("rlcf.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    )
    page = template.substitute(
        title=safe(title),
        facts="".join(f"<dt>{safe(k)}</dt><dd>{safe(v)}</dd>" for k, v in facts.items()),
        measures=_measures(before, after, compare(before, after, seed=seed)),
        curves=f'<h2>Training</h2><div class="curves">{figures}</div>' if figures else "",
        errors=_errors(before, after),
        seed=seed,
        drawn="".join(card(t, *pairs[t.task_id], opened=True) for t in drawn),
        browsed=_browsed(len(browsed), len(known)),
        programs="".join(card(t, *pairs[t.task_id]) for t in browsed),
        before_options=_options(state(pairs[t.task_id][0]) for t in browsed),
        after_options=_options(state(pairs[t.task_id][1]) for t in browsed),
        class_options=_options(
            name for t in browsed for row in pairs[t.task_id] if row for name in row.error_classes
        ),
    )
    write_atomically(path, page)


def _first(report: ScoreReport, task: Task) -> SampleScore | None:
    rows = report.by_task.get(task.task_id)
    return rows[0] if rows else None


def _browsed(shown: int, known: int) -> str:
    which = f"{shown} of {known} tasks, drawn at random" if shown < known else f"All {known} tasks"
    return f"{which}; the first sample of each."


def _options(values: Iterable[str]) -> str:
    return "".join(f"<option>{safe(value)}</option>" for value in sorted(set(values)))


def _measures(before: ScoreReport, after: ScoreReport, differences: Mapping[str, Estimate]) -> str:
    rows = []
    for name in before.totals:
        if name not in after.totals:
            continue
        label = _LABELS.get(name, name)
        cells = _cell(name, before.totals[name]) + _cell(name, after.totals[name])
        difference = _cell(name, differences.get(name), signed=True)
        rows.append(f"<tr><td>{safe(label)}</td>{cells}{difference}</tr>")
    unscored = before.unscored + after.unscored
    note = f" {unscored} samples are unscored and left out of the rates." if unscored else ""
    return (
        "<table><caption>In small print: 95 % intervals, bootstrap over tasks. Differences are "
        "paired over the tasks; in bold where the interval excludes zero. "
        f"{len(before.rows)} samples of {before.tasks} tasks before, {len(after.rows)} of "
        f"{after.tasks} after.{note}</caption>"
        "<thead><tr><th>Measure</th><th>Before</th><th>After</th><th>Difference</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(name: str, estimate: Estimate | None, *, signed: bool = False) -> str:
    if estimate is None:
        return '<td class="soft">not measured</td>'
    sign = "+" if signed else ""
    if name == "length_ratio":
        numbers = [f"{x:{sign}.3f}" for x in (estimate.mean, estimate.low, estimate.high)]
        unit = ""
    else:
        numbers = [f"{100 * x:{sign}.1f}" for x in (estimate.mean, estimate.low, estimate.high)]
        unit = " points" if signed else " %"
    numbers = [number.replace("-", "\N{MINUS SIGN}") for number in numbers]
    mean = f"{numbers[0]}{unit}"
    if signed and not estimate.low <= 0 <= estimate.high:
        mean = f"<b>{mean}</b>"
    return f"<td>{mean}<small>{numbers[1]} to {numbers[2]}</small></td>"


def _errors(before: ScoreReport, after: ScoreReport) -> str:
    names = dict.fromkeys([*before.error_classes, *after.error_classes])
    if not names:
        return "<p>Nothing: no program was rejected, before or after.</p>"
    shares = {
        name: [
            report.error_classes.get(name, 0) / max(1, len(report.rows))
            for report in (before, after)
        ]
        for name in names
    }
    largest = max(share for pair in shares.values() for share in pair)
    rows = "".join(
        f"<tr><td>{safe(name.replace('_', ' '))}</td>"
        + "".join(
            f'<td>{100 * share:.1f} %</td><td style="text-align:left">'
            f'<span class="bar {side}" style="--share:{share / largest:.3f}"></span></td>'
            for side, share in zip(("before", "after"), pair, strict=True)
        )
        + "</tr>"
        for name, pair in shares.items()
    )
    return (
        "<table><caption>Share of all samples with at least one error of the class.</caption>"
        '<thead><tr><th>Class</th><th colspan="2">Before</th><th colspan="2">After</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )
