"""Signs of cheating in what training logs: the first steps against the last ones.

A compiler alone rewards short, empty and equal programs, and a frozen comparator lets pass programs
that only look like solutions. A sign is a reason to read programs, not a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlcf.text import decimal

STEPS = 5
"""Steps whose means are compared, at either end; in runs of under twice as many, half of them."""
FEWEST = 6
"""Steps below which nothing is said."""

_SHORTER = 0.8
"""Share of the length at first, below which programs have become shorter."""
_MORE_DEGENERATE = 0.05
_LESS_DISTINCT = 0.5
_LESS_PASSING = 0.1
"""A fall of pass@1 in validation, while more compiles."""
_UNLIKE = 0.35
"""A fall of a frozen comparator's similarity that means collapse into plausible programs: in the
runs of docs/experiments/mathqa_java_32_open.md it fell by 0.23 at most (means of ten steps), and
by 0.4 after twenty steps in the one that lost its right answers, at nearly the solutions' length.
An online comparator's falls by itself, as it learns."""

_GUARDS = ("length_ratio", "degenerate", "distinct")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What the guards say of a run."""

    sentence: str
    cheating: bool | None
    """Whether they look like cheating; None if they say nothing."""


@dataclass(frozen=True)
class _Change:
    """A metric's mean at the beginning and at the end."""

    first: float
    last: float


def verdict(rows: Sequence[Row], config: Mapping[str, Any]) -> Verdict:
    """One sentence on whether a run looks like cheating.

    Args:
        rows: of its metrics.jsonl.
        config: its settings.
    """
    steps = _steps(rows)
    if not steps:
        return Verdict("The run recorded no guards: nothing can be said of cheating.", None)
    if len(steps) < FEWEST:
        few = "1 step is" if len(steps) == 1 else f"{len(steps)} steps are"
        return Verdict(f"{few} too few for the guards to tell cheating: it takes {FEWEST}.", None)
    found = signs(rows, config)
    window = _window(steps)
    over = f"the first {window} steps against the last {window}"
    if found:
        return Verdict(f"The guards look like cheating ({over}): {_listed(found)}.", True)
    values = _listed(_values(steps))
    return Verdict(f"The guards do not look like cheating ({over}): {values}.", False)


def signs(rows: Sequence[Row], config: Mapping[str, Any]) -> list[str]:
    """What looks like cheating or collapse, each in a few words; few steps tell nothing."""
    steps = _steps(rows)
    if len(steps) < FEWEST:
        return []
    found = []
    length = _change(steps, "length_ratio")
    if length and length.last < _SHORTER * length.first:
        now, before = decimal(length.last, ".2f"), decimal(length.first, ".2f")
        words = f"{now} (at first {before}) of the solutions' length"
        found.append(f"programs get shorter: {words}")
    degenerate = _change(steps, "degenerate")
    if degenerate and degenerate.last > _MORE_DEGENERATE + degenerate.first:
        found.append(f"{_percent(degenerate)} of the programs are degenerate")
    distinct = _change(steps, "distinct")
    if distinct and distinct.last < _LESS_DISTINCT * distinct.first:
        found.append(f"only {_percent(distinct)} of the programs are distinct")
    alike = _change(steps, "similarity")
    frozen = config.get("comparator_mode") == "frozen"
    if frozen and alike and alike.last < alike.first - _UNLIKE:
        now, before = decimal(alike.last, "+.2f"), decimal(alike.first, "+.2f")
        found.append(f"programs get less like the solutions: {now} (at first {before})")
    return found + _fewer_pass(rows, _change(steps, "compile_rate"))


def _fewer_pass(rows: Sequence[Row], compiling: _Change | None) -> list[str]:
    passes = [float(row["validation/pass@1"]) for row in rows if "validation/pass@1" in row]
    if len(passes) < 2 or not compiling or compiling.last <= compiling.first:
        return []
    change = _Change(passes[0], passes[-1])
    if change.last >= change.first - _LESS_PASSING:
        return []
    return [f"more programs compile and fewer pass in validation: {_percent(change)}"]


def _values(steps: Sequence[Row]) -> list[str]:
    """The guards and the compile rate in words, if nothing is wrong with them."""
    said = []
    if length := _change(steps, "length_ratio"):
        now, before = decimal(length.last, ".2f"), decimal(length.first, ".2f")
        said.append(f"programs have {now} (at first {before}) of the solutions' length")
    for metric, words in (
        ("degenerate", "are degenerate"),
        ("distinct", "are distinct"),
        ("compile_rate", "compile"),
    ):
        if change := _change(steps, metric):
            said.append(f"{_percent(change)} {words}")
    return said


def _steps(rows: Sequence[Row]) -> list[Row]:
    """The rows of training steps with a guard; validation of the start has none."""
    return [row for row in rows if any(_known(row, guard) for guard in _GUARDS)]


def _window(steps: Sequence[Row]) -> int:
    return min(STEPS, len(steps) // 2)


def _change(steps: Sequence[Row], metric: str) -> _Change | None:
    window = _window(steps)
    ends = [
        [float(row[metric]) for row in part if _known(row, metric)]
        for part in (steps[:window], steps[-window:])
    ]
    if not all(ends):
        return None
    first, last = (sum(end) / len(end) for end in ends)
    return _Change(first, last)


def _known(row: Row, metric: str) -> bool:
    return isinstance(row.get(metric), int | float)


def _percent(change: _Change) -> str:
    return (
        f"{decimal(100 * change.last, '.1f')} % (at first {decimal(100 * change.first, '.1f')} %)"
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
