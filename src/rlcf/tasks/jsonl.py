"""JSON lines in and out: tasks and samples in mxeval's layout, with errors that name the line.

Covers plain local files. Does not cover the hub (`hub`) nor choosing a source (`loaders`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.inputs import TABLE_BYTES, read_text
from rlcf.tasks.task import Task

_ALIASES = {"canonical_solution": "reference", "test": "tests"}
"""mxeval's key -> the other name under which we accept it."""


@dataclass(frozen=True)
class Sample:
    """One completion that somebody's model wrote for a task."""

    task_id: str
    completion: str
    language: str | None
    where: str
    """File and line it came from, for messages."""


def read_tasks(path: Path) -> list[Task]:
    """All tasks of a file, in its order.

    Raises:
        UserError: unreadable or empty file, a malformed row, or a task_id that occurs twice.
    """
    return parse_tasks(_rows(path), str(path))


def parse_tasks(rows: Iterable[tuple[str, dict[str, Any]]], source: str) -> list[Task]:
    """Tasks from rows that come with a name for messages (`file:line`).

    Raises:
        UserError: no rows, a malformed row, or a task_id that occurs twice.
    """
    tasks: list[Task] = []
    first: dict[str, str] = {}
    for where, row in rows:
        task = _task(row, where)
        if task.task_id in first:
            raise UserError(
                f"{where}: task_id {task.task_id!r} occurs twice (first at {first[task.task_id]})"
            )
        first[task.task_id] = where
        tasks.append(task)
    if not tasks:
        raise UserError(f"{source}: no tasks in it")
    return tasks


def write_tasks(path: Path, tasks: Iterable[Task]) -> None:
    """Write tasks as JSON lines, one row a task, readable by `read_tasks` and by mxeval."""
    with path.open("w", encoding="utf-8") as out:
        for task in tasks:
            out.write(json.dumps(task.to_json()) + "\n")


def read_samples(path: Path) -> list[Sample]:
    """All samples of a file (`task_id`, `completion`, `language`), in its order.

    Raises:
        UserError: unreadable or empty file, or a malformed row.
    """
    samples = [
        Sample(
            task_id=_text(row, "task_id", where),
            completion=_text(row, "completion", where),
            language=_optional(row, "language", where),
            where=where,
        )
        for where, row in _rows(path)
    ]
    if not samples:
        raise UserError(f"{path}: no samples in it")
    return samples


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    text = read_text(path, TABLE_BYTES, "utf-8-sig")
    # Only line feeds end a row: str.splitlines would also cut at U+2028 inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as exc:
            reason = exc.msg if isinstance(exc, json.JSONDecodeError) else "nested too deeply"
            raise UserError(f"{where}: not JSON ({reason})") from exc
        if not isinstance(row, dict):
            raise UserError(f"{where}: expected a JSON object, found {_kind(row)}")
        yield where, row


def _task(row: dict[str, Any], where: str) -> Task:
    row = dict(row)
    for key, alias in _ALIASES.items():
        if row.get(key) is None and alias in row:
            row[key] = row[alias]
    return Task(
        task_id=_text(row, "task_id", where),
        language=_text(row, "language", where).lower(),
        prompt=_text(row, "prompt", where),
        reference=_optional(row, "canonical_solution", where),
        tests=_optional(row, "test", where),
        entry_point=_optional(row, "entry_point", where),
        description=_optional(row, "description", where) or "",
    )


def _text(row: dict[str, Any], key: str, where: str) -> str:
    if key not in row:
        raise UserError(f"{where}: the field `{key}` is missing")
    value = row[key]
    if not isinstance(value, str):
        raise UserError(f"{where}: `{key}` must be a string, found {_kind(value)}")
    return value


def _optional(row: dict[str, Any], key: str, where: str) -> str | None:
    return None if row.get(key) is None else _text(row, key, where)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
