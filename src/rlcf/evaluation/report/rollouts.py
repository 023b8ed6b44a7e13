"""The programs of a run's steps as JSON for the page, each step compressed by itself.

Holds all of them, or from each step as many as its share of the room allows, drawn at random. The
page decompresses a step when its reader chooses it.
"""

from __future__ import annotations

import base64
import random
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.evaluation.report.programs import cut, dump, messages, pieces
from rlcf.evaluation.report.text import number, visible
from rlcf.runfiles import read_rollouts

_EACH = 120
"""Bytes at most that a step takes in the page beside its programs."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rollouts:
    """What the page holds of a run's programs."""

    json: str
    """`{"steps": [{"step", "of", "shown", "data"}], "classes": [...]}`, safe in a script element;
    `data` is base64 of zlib of `{"tasks": [...], "rows": [...]}`."""
    steps: int
    shown: int
    """Programs in the page."""
    known: int
    """Programs that there are."""


def rollouts(files: Mapping[int, Path], *, seed: int = 0, budget: int) -> Rollouts | None:
    """The programs of each step that can be read; None if there are none.

    Args:
        files: of the steps, in order.
        seed: of the drawing, where not all programs fit.
        budget: bytes at most of `json`.
    """
    entries: list[str] = []
    classes: dict[str, None] = {}
    shown = known = 0
    for left, (step, file) in zip(range(len(files), 0, -1), files.items(), strict=True):
        rows = _readable(file)
        if not rows:
            continue
        kept, data = _fitting(rows, budget // left - _EACH, random.Random(f"{seed}-{step}"))
        classes |= dict.fromkeys(name for row in kept for name in _classes(row))
        entry = dump({"step": step, "of": len(rows), "shown": len(kept), "data": data})
        budget -= len(entry) + 1
        entries.append(entry)
        shown, known = shown + len(kept), known + len(rows)
    if not entries:
        return None
    text = f'{{"classes":{dump(sorted(classes))},"steps":[{",".join(entries)}]}}'
    return Rollouts(text, len(entries), shown, known)


def _readable(file: Path) -> list[dict[str, Any]]:
    try:
        return read_rollouts(file)
    except (OSError, ValueError):  # being written, or cut off by a crash
        return []


def _fitting(rows: Sequence[Row], room: int, rng: random.Random) -> tuple[list[Row], str]:
    """As many rows as fit, in their own order, and what they are packed into."""
    order = rng.sample(range(len(rows)), len(rows))
    count = len(rows)
    while True:
        kept = [rows[i] for i in sorted(order[:count])]
        data = _packed(kept)
        if len(data) <= room or count == 0:
            return kept, data
        count = min(count - 1, int(count * max(room, 0) / len(data)))


def _packed(rows: Sequence[Row]) -> str:
    tasks: dict[str, int] = {}
    sides = []
    for row in rows:
        task = dump(_task(row))
        sides.append(dump({"task": tasks.setdefault(task, len(tasks)), **_side(row)}))
    text = f'{{"tasks":[{",".join(tasks)}],"rows":[{",".join(sides)}]}}'
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _task(row: Row) -> dict[str, Any]:
    prompt = str(row.get("prompt") or "")
    return {
        "id": visible(str(row.get("task_id", ""))),
        "prompt": visible(cut(prompt)),
        "line": prompt.count("\n") + 1,
        "language": visible(str(row.get("language") or "java")),
    }


def _side(row: Row) -> dict[str, Any]:
    diagnostics = row.get("diagnostics") or []
    # Runs of older versions do not say where the completion begins in the program.
    marked = diagnostics if "prompt" in row else []
    side: dict[str, Any] = {
        "state": str(row.get("verdict", "unscored")),
        "sample": int(row.get("sample", 0)),
        "reward": row.get("reward"),
        "facts": _facts(row),
        "program": pieces(cut(str(row.get("completion", ""))), len(row.get("prompt", "")), marked),
    }
    if said := messages(diagnostics):
        side["messages"] = said
    if classes := _classes(row):
        side["classes"] = classes
    return side


def _facts(row: Row) -> str:
    values = {name: row.get(name) for name in ("reward", "similarity", "advantage")}
    facts = [f"{name} {number(float(v))}" for name, v in values.items() if v is not None]
    if row.get("tokens"):
        facts.append(f"{row['tokens']} tokens")
    if row.get("finished") is False:
        facts.append("cut off at the length limit")
    return " \N{MIDDLE DOT} ".join(facts)


def _classes(row: Row) -> list[str]:
    errors = (d for d in row.get("diagnostics") or [] if d.get("severity") == "error")
    return list(dict.fromkeys(str(d.get("class", "other")) for d in errors))
