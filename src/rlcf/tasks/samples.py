"""Samples as people have them: what anybody's model wrote for tasks, in the layouts in use.

mxeval and HumanEval (`completion`), EvalPlus (`solution`), HumanEval-X (`generation`), MultiPL-E
(`name`, `completions`), the BigCode harness (a list per task, in the tasks' order), and an object
of lists by task. Whether a text repeats its prompt is for `evaluation.given` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.tasks.rows import as_object, first_key, identity, kind, optional, read_rows, text

IDS = ("task_id", "name")
TEXTS = ("completion", "solution", "generation", "completions", "solutions", "generations")


@dataclass(frozen=True)
class Sample:
    """One completion that somebody's model wrote for a task."""

    task_id: str
    completion: str
    language: str | None
    where: str
    """File and line it came from, for messages."""


def read_samples(path: Path, task_ids: Sequence[str] = ()) -> list[Sample]:
    """All samples of a file, in its order; `-` is standard input.

    Args:
        path: of JSON lines or one JSON document, gzipped or not.
        task_ids: in the tasks' order; rows without an id are theirs, one by one.

    Raises:
        UserError: unreadable or empty file, a malformed row, or more rows without id than tasks.
    """
    samples: list[Sample] = []
    for index, (where, row) in enumerate(read_rows(path)):
        samples += _samples(row, index, task_ids, where)
    if not samples:
        raise UserError(f"{path}: no samples in it")
    return samples


def _samples(row: Any, index: int, task_ids: Sequence[str], where: str) -> Iterator[Sample]:
    if isinstance(row, list):
        if index >= len(task_ids):
            raise UserError(f"{where}: a list without a task: there are {len(task_ids)} tasks")
        yield from _each(task_ids[index], row, None, where)
        return
    row = as_object(row, where)
    if _by_task(row):
        for task_id, texts in row.items():
            yield from _each(task_id, texts, None, where)
        return
    task_id = identity(row, first_key(row, IDS), where)
    key = first_key(row, TEXTS)
    texts = row[key] if isinstance(row.get(key), list) else [text(row, key, where)]
    yield from _each(task_id, texts, optional(row, "language", where), where)


def _by_task(row: dict[str, Any]) -> bool:
    return bool(row) and not {*IDS} & row.keys() and all(isinstance(v, list) for v in row.values())


def _each(task_id: str, texts: list[Any], language: str | None, where: str) -> Iterator[Sample]:
    for number, one in enumerate(texts, start=1):
        if not isinstance(one, str):
            raise UserError(f"{where}: completion {number} must be a string, found {kind(one)}")
        yield Sample(task_id, one, language, where)
