"""Programs before and after as HTML, the compiler's objections underlined.

Covers the cards of the report. The programs are hostile text: every character of
them goes through `safe`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from rlcf.evaluation.results import SampleScore
from rlcf.tasks.task import Task

_INVISIBLE = {
    code: "\ufffd"
    for code in (
        *range(0x09),
        *range(0x0B, 0x20),
        *range(0x7F, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xD800, 0xE000),
        0xFEFF,
        0xFFFE,
        0xFFFF,
    )
    if code != 0x0D
}
"""Control and direction characters and lone surrogates: one visible character instead of
each, so that offsets keep and no program can reorder or hide its own text."""

_LONG = 20_000
"""Characters of one program that are shown."""


def safe(text: str) -> str:
    """Text for HTML content or a quoted attribute."""
    return escape(text.translate(_INVISIBLE), quote=True)


def state(row: SampleScore | None) -> str:
    """One word on a sample: `rejected`, `accepted` (not run), or its outcome."""
    if row is None:
        return "absent"
    if row.compiled is None:
        return "unscored"
    if not row.compiled:
        return "rejected"
    return "accepted" if row.outcome == "not_run" else row.outcome


def card(
    task: Task, before: SampleScore | None, after: SampleScore | None, *, opened: bool = False
) -> str:
    """One task with what was written for it before and after."""
    states = state(before), state(after)
    classes = sorted({name for row in (before, after) if row for name in row.error_classes})
    title = task.description or task.entry_point or ""
    reference = (
        f"<h4>Reference</h4><pre>{safe(task.reference[:_LONG])}</pre>" if task.reference else ""
    )
    return (
        f'<details class="pair" data-before="{safe(states[0])}" data-after="{safe(states[1])}" '
        f'data-classes="{safe(" ".join(classes))}"{" open" if opened else ""}>'
        f"<summary><b>{safe(task.task_id)}</b> {_badge(states[0])} → {_badge(states[1])} "
        f"<small>{safe(title[:160])}</small></summary><div>"
        f"<h4>Prompt</h4><pre>{safe(task.prompt[:_LONG])}</pre>{reference}"
        f'<div class="columns">{_side("Before", task, before)}{_side("After", task, after)}</div>'
        "</div></details>"
    )


def _badge(name: str) -> str:
    return f'<span class="badge {safe(name)}">{safe(name.replace("_", " "))}</span>'


def _side(heading: str, task: Task, row: SampleScore | None) -> str:
    if row is None:
        return f"<div><h4>{heading}</h4><p class='soft'>no sample</p></div>"
    messages = [
        f"line {d['line']}: {d['message']}" if d["line"] else str(d["message"])
        for d in row.diagnostics
        if d["severity"] == "error"
    ]
    if row.detail:
        messages.append(row.detail)
    items = "".join(f"<li>{safe(text[:500])}</li>" for text in messages[:20])
    listing = f'<ul class="messages">{items}</ul>' if items else ""
    return (
        f"<div><h4>{heading} {_badge(state(row))}</h4>"
        f"<pre>{underline(row.completion[:_LONG], len(task.prompt), row.diagnostics)}</pre>"
        f"{listing}</div>"
    )


def underline(text: str, offset: int, diagnostics: Sequence[dict[str, Any]]) -> str:
    """Text as HTML with the spans of the errors marked.

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
    pieces: list[str] = []
    at = 0
    for start, end, message in sorted(spans):
        start = max(start, at)
        if start >= end:
            continue
        pieces.append(safe(text[at:start]))
        pieces.append(f'<mark title="{safe(message[:300])}">{safe(text[start:end])}</mark>')
        at = end
    return "".join(pieces) + safe(text[at:])
