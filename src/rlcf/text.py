"""Lines of what tools print, and numbers as people read them."""

from __future__ import annotations

import math


def lines_of(text: str) -> list[str]:
    """The lines of a tool's output, without their ends.

    Only line feeds end one: `str.splitlines` also cuts at U+0085, U+2028, form feeds and the like,
    which stand inside of messages and of JSON.
    """
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def first_line(text: str) -> str:
    """The first line that says something, trimmed; empty if none does."""
    return next((line.strip() for line in lines_of(text) if line.strip()), "")


def decimal(value: float, form: str) -> str:
    """A number by a format of Python's (`.3f`, `+.1%`); what rounds to zero has no sign."""
    text = format(value, form)
    if not math.isfinite(value) or any(digit in "123456789" for digit in text):
        return text
    return format(0.0, form.replace("+", ""))
