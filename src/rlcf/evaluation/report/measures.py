"""Rates before and after with their intervals, guards and error classes, as HTML and SVG.

Tables and the small plots beside them. Estimates come from `rlcf.evaluation.results`; the caller
names the two sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rlcf.evaluation.report.tables import download
from rlcf.evaluation.report.text import certain, interval, label, mean, safe
from rlcf.evaluation.results import ScoreReport
from rlcf.evaluation.statistics import Estimate

GUARDS = ("length_ratio", "degenerate_share", "distinct_share")
"""What falls or rises when a model cheats the compiler."""

_TILES = ("compile_rate", "execution_rate")

Names = tuple[str, str]
"""What the two sides are called."""


def tiles(
    before: ScoreReport, after: ScoreReport, differences: Mapping[str, Estimate], names: Names
) -> str:
    """The headline rates, each with its intervals drawn on a scale of 0 to 100 %."""
    passes = [name for name in after.totals if name.startswith("pass@")]
    cards = []
    for measure in (*_TILES, *passes[:1]):
        ours, theirs = before.totals.get(measure), after.totals.get(measure)
        if ours is not None and theirs is not None:
            cards.append(_tile(measure, ours, theirs, differences.get(measure), names))
    return f'<div class="tiles">{"".join(cards)}</div>' if cards else ""


def _tile(
    measure: str, before: Estimate, after: Estimate, difference: Estimate | None, names: Names
) -> str:
    change = ""
    if difference is not None:
        tone = "soft"
        if certain(difference):
            tone = "good" if difference.mean > 0 else "bad"
        change = (
            f'<p class="change {tone}">{mean(measure, difference, signed=True)} '
            f"<small>({interval(measure, difference, signed=True)})</small></p>"
        )
    return (
        f'<article class="tile"><h3>{label(measure)}</h3>'
        f'<p class="value"><span>{mean(measure, before)} <i aria-hidden="true">→</i></span> '
        f"<b>{mean(measure, after)}</b></p>{change}"
        f"{_ranges(measure, before, after, names)}</article>"
    )


def _ranges(measure: str, before: Estimate, after: Estimate, names: Names) -> str:
    """Two intervals on one scale. Percent of the width, so that text need not be scaled."""
    rows = []
    for side, y, estimate in (("before", 10, before), ("after", 24, after)):
        low, high = 100 * estimate.low, 100 * estimate.high
        rows.append(
            f'<rect class="{side}" x="{low:.1f}%" width="{max(high - low, 0.4):.1f}%" '
            f'y="{y - 3}" height="6" rx="3"/>'
            f'<circle class="{side}" cx="{100 * estimate.mean:.1f}%" cy="{y}" r="5"/>'
        )
    spoken = ", ".join(
        f"{safe(name)} {mean(measure, e)} ({interval(measure, e)})"
        for name, e in zip(names, (before, after), strict=True)
    )
    ticks = "".join(
        f'<line class="grid" x1="{x}%" x2="{x}%" y1="0" y2="34"/>' for x in (0, 25, 50, 75, 100)
    )
    scale = '<div class="scale soft" aria-hidden="true"><span>0</span><span>100 %</span></div>'
    return (
        f'<svg class="ranges" role="img" aria-label="{label(measure)}: {spoken}">'
        f"{ticks}{''.join(rows)}</svg>{scale}"
    )


def table(
    before: ScoreReport, after: ScoreReport, differences: Mapping[str, Estimate], names: Names
) -> str:
    """Every measure but the guards, with intervals and paired differences."""
    chosen = [m for m in before.totals if m in after.totals and m not in GUARDS]
    unscored = before.unscored + after.unscored
    note = f" {unscored} samples are unscored and left out of the rates." if unscored else ""
    caption = (
        "In small print: 95 % intervals, over tasks. Differences are paired over the "
        "tasks, in bold where the interval excludes zero; they say how the numbers would vary "
        f"over other tasks, not over other seeds of training. {len(before.rows)} samples of "
        f"{before.tasks} tasks before, {len(after.rows)} of {after.tasks} after.{note}"
    )
    return _table(chosen, before, after, differences, names, "All measures", caption)


def saved(
    before: ScoreReport, after: ScoreReport, differences: Mapping[str, Estimate], names: Names
) -> str:
    """All measures, the guards too, as CSV: shares between 0 and 1, with their intervals."""
    sides = (before.totals, after.totals, differences)
    heads = [f"{name}{end}" for name in (*names, "difference") for end in ("", " low", " high")]
    rows: list[list[object]] = [["measure", *heads]]
    for measure in before.totals:
        found = [side.get(measure) for side in sides]
        ends = [(e.mean, e.low, e.high) if e is not None else (None,) * 3 for e in found]
        rows.append([measure, *(value for three in ends for value in three)])
    return download("measures.csv", rows, "all measures")


def guards(
    before: ScoreReport, after: ScoreReport, differences: Mapping[str, Estimate], names: Names
) -> str:
    """The measures by which cheating would show."""
    chosen = [m for m in GUARDS if m in before.totals and m in after.totals]
    caption = (
        "A program is degenerate if its body is empty, returns a constant, or is far shorter "
        "than the solution."
    )
    return _table(chosen, before, after, differences, names, "Guards", caption)


def _table(
    measures: Iterable[str],
    before: ScoreReport,
    after: ScoreReport,
    differences: Mapping[str, Estimate],
    names: Names,
    heading: str,
    caption: str,
) -> str:
    # Roles said aloud: on a phone the style lays rows out as grids, which are no tables then.
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{label(m)}</th>'
        f"{_cell(m, before.totals[m])}"
        f"{_cell(m, after.totals[m])}{_cell(m, differences.get(m), signed=True)}</tr>"
        for m in measures
    )
    heads = "".join(
        f'<th scope="col" role="columnheader">{safe(h)}</th>'
        for h in ("Measure", *names, "Difference")
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{heading}">'
        f'<table class="measures" role="table"><caption>{caption}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def _cell(measure: str, estimate: Estimate | None, *, signed: bool = False) -> str:
    if estimate is None:
        return '<td role="cell" class="soft">not measured</td>'
    value = mean(measure, estimate, signed=signed)
    if signed and certain(estimate):
        value = f"<b>{value}</b>"
    return (
        f'<td role="cell">{value}<small>{interval(measure, estimate, signed=signed)}</small></td>'
    )


def errors(before: ScoreReport, after: ScoreReport, names: Names) -> str:
    """Shares of samples with errors of each class, most frequent first."""
    classes = dict.fromkeys([*before.error_classes, *after.error_classes])
    if not classes:
        return "<p>Nothing: no program was rejected on either side.</p>"
    shares = {
        name: [r.error_classes.get(name, 0) / max(1, len(r.rows)) for r in (before, after)]
        for name in classes
    }
    largest = max(share for pair in shares.values() for share in pair)
    rows = "".join(
        f'<tr><th scope="row">{safe(name.replace("_", " "))}</th>'
        + "".join(
            _bar(side, share, largest)
            for side, share in zip(("before", "after"), pair, strict=True)
        )
        + "</tr>"
        for name, pair in shares.items()
    )
    heads = "".join(f'<th scope="col">{safe(name)}</th>' for name in names)
    return (
        '<table class="bars"><caption>Share of all samples with at least one error of the class.'
        f'</caption><thead><tr><th scope="col">Class</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _bar(side: str, share: float, largest: float) -> str:
    width = 100 * share / largest
    return (
        f'<td><span>{100 * share:.1f} %</span><svg class="bar" aria-hidden="true">'
        f'<rect class="{side}" width="{width:.1f}%" height="8" rx="2"/></svg></td>'
    )
