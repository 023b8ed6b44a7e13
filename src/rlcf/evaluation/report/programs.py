"""The programs of both sides as JSON for the page's browser.

Chooses which are in the page (all, or as many as its size allows), and where the compiler's
objections are underlined. The programs are hostile text: the JSON cannot end the element that it
stands in, and the page shows it only as text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlcf.evaluation.report.text import visible
from rlcf.evaluation.results import SampleScore, ScoreReport
from rlcf.tasks.task import Task

_LONG = 20_000
"""Characters of one program that are shown."""

_MESSAGES = 20

Piece = str | list[str]
"""Plain text, or [underlined text, the compiler's message]."""


@dataclass(frozen=True)
class Browsed:
    """What the page's browser shows."""

    json: str
    """`{"language": ..., "tasks": [...], "pairs": [...]}`, safe inside a script element."""
    tasks: int
    """Tasks in it."""
    pairs: int
    """Pairs of programs in it."""
    known: int
    """Pairs that there are."""


def browsed(
    tasks: Sequence[Task],
    before: ScoreReport,
    after: ScoreReport,
    *,
    seed: int = 0,
    budget: int,
) -> Browsed:
    """Pairs of programs in random order: the first sample of every task, then the second, ...

    What does not fit in `budget` bytes is left out; since the order is random, what is in it
    is drawn and not chosen.
    """
    order = random.Random(seed).sample(tasks, len(tasks))
    entries: list[str] = []
    pairs: list[str] = []
    places: dict[str, int] = {}
    known = room = 0
    full = False
    for task, sample, ours, theirs in _pairs(order, before, after):
        known += 1
        if full:
            continue
        new = task.task_id not in places
        entry = dump(_task(task)) if new else ""
        place = places.get(task.task_id, len(entries))
        sides = _side(task, ours), _side(task, theirs)
        pair = dump([place, sample, *sides])
        room += len(entry.encode()) + len(pair.encode()) + 2
        if room > budget:
            full = True
            continue
        if new:
            places[task.task_id] = place
            entries.append(entry)
        pairs.append(pair)
    language = dump(tasks[0].language if tasks else "")
    lists = f'"tasks":[{",".join(entries)}],"pairs":[{",".join(pairs)}]'
    text = f'{{"language":{language},{lists}}}'
    return Browsed(text, len(entries), len(pairs), known)


def state(row: SampleScore | None) -> str:
    """One word on a sample: `rejected`, `accepted` (not run), or its outcome."""
    if row is None:
        return "absent"
    if row.compiled is None:
        return "unscored"
    if not row.compiled:
        return "rejected"
    return "accepted" if row.outcome == "not_run" else row.outcome


def pieces(text: str, offset: int, diagnostics: Sequence[dict[str, Any]]) -> list[Piece]:
    """Text cut at the ends of the errors' spans.

    `offset` is where the text begins in the program that the diagnostics speak of. Spans
    outside the text are left out, overlapping ones joined; an empty one marks the character
    at its place (or the last one, at the end).
    """
    spans = []
    for diagnostic in diagnostics:
        if diagnostic["severity"] != "error" or diagnostic["start"] < offset or not text:
            continue
        start = min(diagnostic["start"] - offset, len(text) - 1)
        end = max(min(diagnostic["end"] - offset, len(text)), start + 1)
        spans.append((start, end, str(diagnostic["message"])))
    found: list[Piece] = []
    at = 0
    for start, end, message in sorted(spans):
        start = max(start, at)
        if start >= end:
            continue
        if start > at:
            found.append(visible(text[at:start]))
        found.append([visible(text[start:end]), visible(message[:300])])
        at = end
    if at < len(text):
        found.append(visible(text[at:]))
    return found


def _pairs(
    tasks: Sequence[Task], before: ScoreReport, after: ScoreReport
) -> Iterator[tuple[Task, int, SampleScore | None, SampleScore | None]]:
    sides = [
        {(row.task_id, i): row for rows in report.by_task.values() for i, row in enumerate(rows)}
        for report in (before, after)
    ]
    most = max((i + 1 for side in sides for _, i in side), default=0)
    for sample in range(most):
        for task in tasks:
            ours, theirs = (side.get((task.task_id, sample)) for side in sides)
            if ours or theirs:
                yield task, sample, ours, theirs


def _task(task: Task) -> dict[str, Any]:
    title = task.description or task.entry_point or ""
    return {
        "id": visible(task.task_id),
        "title": visible(title[:200]),
        "prompt": visible(cut(task.prompt)),
        "reference": visible(cut(task.reference)) if task.reference else None,
        "line": task.prompt.count("\n") + 1,
    }


def _side(task: Task, row: SampleScore | None) -> dict[str, Any]:
    if row is None:
        return {"state": "absent"}
    begin = 0 if row.whole else len(task.prompt)
    side: dict[str, Any] = {
        "state": state(row),
        "program": pieces(cut(row.completion), begin, row.diagnostics),
    }
    if row.whole:
        side["whole"] = True
    if said := messages(row.diagnostics, row.detail):
        side["messages"] = said
    if row.error_classes:
        side["classes"] = list(row.error_classes)
    return side


def messages(diagnostics: Sequence[dict[str, Any]], detail: str = "") -> list[str]:
    """What the compiler objected to, and what the run of the tests said, each once."""
    said = [
        f"line {d['line']}: {d['message']}" if d["line"] else str(d["message"])
        for d in diagnostics
        if d["severity"] == "error"
    ]
    every = dict.fromkeys([*said, detail] if detail else said)
    return [visible(message[:500]) for message in every][:_MESSAGES]


def cut(text: str) -> str:
    """A text for the page: the beginning of a very long one, which says so."""
    return text if len(text) <= _LONG else text[:_LONG] + "\n… the rest is not shown"


def dump(value: Any) -> str:
    """Compact JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Inside a script element only `<` can end it or begin a comment.
    return text.replace("<", "\\u003c")
