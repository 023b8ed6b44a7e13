"""Lines of what tools print."""

from __future__ import annotations


def lines_of(text: str) -> list[str]:
    """The lines of a tool's output, without their ends.

    Only line feeds end one: `str.splitlines` also cuts at U+0085, U+2028, form feeds and the like,
    which stand inside of messages and of JSON.
    """
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def first_line(text: str) -> str:
    """The first line that says something, trimmed; empty if none does."""
    return next((line.strip() for line in lines_of(text) if line.strip()), "")
