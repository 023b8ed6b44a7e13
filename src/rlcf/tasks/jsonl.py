"""Task files in and out: the layouts of mxeval, HumanEval, HumanEval-X and MultiPL-E."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.outputs import write
from rlcf.tasks.blocks import BlockEnd
from rlcf.tasks.debug_assert import checked
from rlcf.tasks.names import common_name
from rlcf.tasks.rows import as_object, first_key, identity, optional, read_rows, text
from rlcf.tasks.task import Task

_IDS = ("task_id", "name")
_REFERENCES = ("canonical_solution", "reference")
_TESTS = ("test", "tests")
"""mxeval's key first, then other names for the same."""
_CLOSERS = re.compile(r"(?:\s*\})+[^\S\n]*\n?")


def read_tasks(path: Path, language: str | None = None) -> list[Task]:
    """All tasks of a file, in its order; `-` is standard input.

    Args:
        path: of JSON lines or one JSON array, gzipped or not.
        language: of rows that do not name theirs.

    Raises:
        UserError: unreadable or empty file, a malformed row, or a task_id that occurs twice.
    """
    return parse_tasks(read_rows(path), str(path), language)


def parse_tasks(
    rows: Iterable[tuple[str, Any]], source: str, language: str | None = None
) -> list[Task]:
    """Tasks from rows that come with a name for messages (`file:line`).

    Raises:
        UserError: no rows, a malformed row, or a task_id that occurs twice.
    """
    tasks: list[Task] = []
    first: dict[str, str] = {}
    for where, row in rows:
        task = _task(as_object(row, where), where, language)
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
    """Write tasks as JSON lines, one row per task, readable by `read_tasks` and by mxeval."""
    write(path, "".join(json.dumps(task.to_json()) + "\n" for task in tasks))


def _task(row: dict[str, Any], where: str, language: str | None) -> Task:
    if language is not None and row.get("language") is None:
        row = {**row, "language": language}
    if "language" not in row:
        raise UserError(
            f"{where}: the field `language` is missing: add it (`rlcf score` takes --language)"
        )
    task = Task(
        task_id=identity(row, first_key(row, _IDS), where),
        language=common_name(text(row, "language", where)),
        prompt=text(row, "prompt", where),
        reference=optional(row, first_key(row, _REFERENCES), where),
        tests=optional(row, first_key(row, _TESTS), where),
        entry_point=optional(row, "entry_point", where),
        description=optional(row, "description", where) or "",
        closing=optional(row, "closing", where) or "",
        tests_close=row.get("tests_close") is True,
        split=split if isinstance(split := row.get("split"), str) else "",
    )
    return task if task.closing else _runnable(_closed(task))


def _closed(task: Task) -> Task:
    """The same, with the braces at the beginning of its tests told as the program's (MultiPL-E).

    Where they close the function but not its class, as in Java, the tests stay as they are.
    """
    braces = _CLOSERS.match(task.tests or "")
    if braces is None or task.tests is None:
        return task
    end = BlockEnd.of_prompt(task.language, task.prompt)
    if task.reference is not None and (end is None or end.find(task.reference) is not None):
        return task
    open_behind = 0 if end is None else end.open_braces - braces[0].count("}")
    if open_behind > 0:
        closing = braces[0] + "}\n" * open_behind
        return replace(task, closing=closing, tests_close=True)
    return replace(task, closing=braces[0], tests=task.tests[braces.end() :])


def _runnable(task: Task) -> Task:
    """The same with tests that check when they are run, or without tests where they cannot be.

    C#'s `Debug.Assert` checks nothing in a program that is not built for debugging, and MultiPL-E
    has no other checks there. Tests inside an object of Scala, and by Go's package `testing`, have
    no `main` that the runners would start.
    """
    tests = task.tests or ""
    if task.language == "csharp":
        throwing = checked(tests)
        return replace(task, tests=throwing) if throwing != tests else task
    by_testing = task.language == "go" and "*testing.T" in tests and "func main(" not in tests
    if by_testing or (task.language == "scala" and task.tests_close):
        return replace(task, tests=None)
    return task
