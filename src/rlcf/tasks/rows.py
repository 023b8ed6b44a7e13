"""Rows of a table of tasks or samples: JSON lines, or one JSON document, gzipped or not.

Errors name the line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.inputs import read_table


def read_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Each value with a name for messages (`file:line`); of one array, its items.

    Raises:
        UserError: it cannot be read, or is not JSON.
    """
    text = read_table(path)
    # Only line feeds end a row: str.splitlines would also cut at U+2028 inside a string.
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        return
    if _is_document(text, lines[0][1]):
        document = _parsed(text, str(path))
        items = document if isinstance(document, list) else [document]
        for number, item in enumerate(items, start=1):
            yield (f"{path}: item {number}" if len(items) > 1 else str(path)), item
        return
    for number, line in lines:
        where = f"{path}:{number}"
        yield where, _parsed(line, where)


def _is_document(text: str, first: str) -> bool:
    """Whether it is one value over several lines, or one array, rather than a value per line."""
    try:
        whole_line = json.loads(first)
    except (ValueError, RecursionError):
        whole_line = None
    if isinstance(whole_line, dict):
        return False
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return False
    items = whole if isinstance(whole, list) else [whole]
    return bool(items) and all(isinstance(item, list | dict) for item in items)


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        # Python reads no numbers of more than 4300 digits.
        plain = (
            "a number of too many digits" if isinstance(exc, ValueError) else "nested too deeply"
        )
        reason = exc.msg if isinstance(exc, json.JSONDecodeError) else plain
        raise UserError(f"{where}: not JSON ({reason})") from exc


def as_object(row: Any, where: str) -> dict[str, Any]:
    """A row that must be an object.

    Raises:
        UserError: it is not.
    """
    if not isinstance(row, dict):
        raise UserError(f"{where}: expected a JSON object, found {kind(row)}")
    return row


def text(row: dict[str, Any], key: str, where: str) -> str:
    """A field that must be there, a string.

    Raises:
        UserError: it is missing, or something else.
    """
    if key not in row:
        raise UserError(f"{where}: the field `{key}` is missing")
    value = row[key]
    if not isinstance(value, str):
        raise UserError(f"{where}: `{key}` must be a string, found {kind(value)}")
    return value


def identity(row: dict[str, Any], key: str, where: str) -> str:
    """A field that names a task: a string, or a whole number taken as one.

    Raises:
        UserError: it is missing, or something else.
    """
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(row, key, where)


def optional(row: dict[str, Any], key: str, where: str) -> str | None:
    """A field that may be missing or null, else a string.

    Raises:
        UserError: it is something else.
    """
    return None if row.get(key) is None else text(row, key, where)


def kind(value: object) -> str:
    """What JSON calls a value."""
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


def first_key(row: dict[str, Any], keys: Sequence[str]) -> str:
    """The first of several names of a field that has a value; the first of all if none has."""
    return next((key for key in keys if row.get(key) is not None), keys[0])
