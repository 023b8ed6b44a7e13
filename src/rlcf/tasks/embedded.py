"""The embedded tasks: frozen sets in MBXP's prompt format, in three languages, without a download.

Every task has a solution and at least four tests. `recipes/embedded/make_tasks.py` made the files.
"""

from __future__ import annotations

import json
import lzma
import random

from rlcf.assets import embedded_tasks
from rlcf.errors import UserError
from rlcf.tasks.jsonl import parse_tasks
from rlcf.tasks.task import Task

EMBEDDED = {"embedded": "java", "embedded-python": "python", "embedded-cpp": "cpp"}
"""The names of the sets, and their languages."""
SPLITS = ("train", "validation", "test")
DEFAULT_COUNT = 1000
"""How many tasks are drawn where no limit is given."""
_HELD_OUT = 0.2
"""Share of the test split that comes from templates never seen in training."""

_ByTemplate = dict[str, list[str]]
"""Rows by the template that made them."""


def draw(name: str, split: str, count: int, seed: int) -> list[Task]:
    """Draw tasks at random, balanced over the templates that made them.

    The same arguments give the same tasks, in every language those of the same meaning. In the
    test split about a fifth of them come from templates that the other splits do not have.

    Args:
        name: one of `EMBEDDED`.
        split: one of `SPLITS`.
        count: how many tasks.
        seed: of the choice and of the order.

    Raises:
        UserError: the split has fewer than `count` tasks.
    """
    language = EMBEDDED[name]
    ordinary = _rows(language, split)
    held_out = _rows(language, "held-out") if split == "test" else {}
    maximum = _size(ordinary)
    if held_out:
        maximum = int(min(maximum / (1 - _HELD_OUT), _size(held_out) / _HELD_OUT))
    if count > maximum:
        raise UserError(
            f"{name}:{split} has fewer than {count:,} tasks: ask for at most {maximum:,}"
        )
    from_held_out = round(count * _HELD_OUT) if held_out else 0
    r = random.Random(f"embedded/{split}/{seed}")
    drawn = _balanced(ordinary, count - from_held_out, r) + _balanced(held_out, from_held_out, r)
    r.shuffle(drawn)
    return parse_tasks(((name, json.loads(row)) for row in drawn), name)


def _rows(language: str, part: str) -> _ByTemplate:
    """A row begins with `{"task_id": "SET/TEMPLATE/...`; most are not drawn and need no parsing."""
    with lzma.open(embedded_tasks(language, part), "rt", encoding="utf-8") as file:
        rows: _ByTemplate = {}
        for row in file:
            rows.setdefault(row.split("/", 2)[1], []).append(row)
    return rows


def _size(rows: _ByTemplate) -> int:
    return sum(map(len, rows.values()))


def _balanced(rows: _ByTemplate, count: int, r: random.Random) -> list[str]:
    """Draw as evenly from the templates as their numbers of rows allow."""
    drawn: list[str] = []
    names = sorted(rows, key=lambda name: (len(rows[name]), name))
    for i, name in enumerate(names):
        left = len(names) - i
        # Those that come last have the most rows and make up for the poorer ones; the odd
        # tasks of the division go to random templates.
        share, odd = divmod(count - len(drawn), left)
        drawn += r.sample(rows[name], min(len(rows[name]), share + (r.randrange(left) < odd)))
    return drawn
