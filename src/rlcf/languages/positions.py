"""From a compiler's lines and columns to offsets in the program as given.

What ends a line differs between languages, as does whether columns are counted in characters, in
bytes of UTF-8 or in UTF-16 units, and whether a byte order mark counts. Offsets are in Python
characters of the program as given, mark included, and never leave it. Does not parse messages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Literal

Unit = Literal["characters", "bytes", "utf16"]
LF = r"\n"
"""Go, Perl, Ruby and Rust."""
LF_CR = r"\r\n|[\r\n]"
"""C, Java, Kotlin, PHP, Python, Scala."""
LF_CR_PAIRS = r"\r\n|\n\r|[\r\n]"
"""Lua: either order is one end."""
UNICODE = r"\r\n|[\r\n\u2028\u2029]"
"""C#, JavaScript, TypeScript."""
MARK = "\ufeff"
"""The byte order mark, as the first character of a program."""
_WORD = re.compile(r"\w+")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


class Lines:
    """The lines of one program."""

    def __init__(self, program: str, ends: str = LF, mark_counts: bool = True) -> None:
        """Lines end where the pattern `ends` matches.

        Args:
            program: as given.
            ends: a regular expression, such as `LF`.
            mark_counts: whether the compiler counts a byte order mark in columns.
        """
        self._program = program
        found = list(re.finditer(ends, program))
        self._starts = [0, *(match.end() for match in found)]
        self._ends = [*(match.start() for match in found), len(program)]
        self._mark = int(program.startswith(MARK))
        self._skipped = 0 if mark_counts else self._mark

    def offset(self, line: int, column: int, unit: Unit = "characters") -> int:
        """Offset of a 1-based line and column; column 0 is the line's first character."""
        if line < 1:
            return -1
        if line > len(self._starts):
            return len(self._program)
        start = self._starts[line - 1] + (self._skipped if line == 1 else 0)
        text = self._program[start : self._ends[line - 1]]
        return start + min(_characters(text, max(0, column - 1), unit), len(text))

    def of_utf16(self, units: int) -> int:
        """Offset of an offset in UTF-16 units, kept within the program; -1 stays -1."""
        if units < 0:
            return -1
        return min(units - bisect_right(self._second_halves, units), len(self._program))

    def expanded(self, line: int, column: int, tab: int = 8) -> int:
        """Offset of a 1-based line and column as tools print them that expand tabs (javac)."""
        line = min(line, len(self._starts))
        at, end, reached = self._starts[line - 1], self._ends[line - 1], 1
        while reached < column and at < end:
            if self._program[at] == "\t":
                reached = (reached - 1) // tab * tab + tab + 1
            else:
                reached += 2 if self._program[at] > "\uffff" else 1
            at += 1
        return at

    def span(self, start: int, end: int = -1) -> tuple[int, int]:
        """Offsets of at least one character, where there is any; -1 for a `start` that is none."""
        if start < 0:
            return -1, -1
        first = min(start, max(len(self._program) - 1, 0))
        return first, min(max(end, first + 1), len(self._program))

    def place(self, offset: int) -> tuple[int, int]:
        """1-based line and column, in characters, of an offset; (0, 0) for -1."""
        if offset < 0:
            return 0, 0
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span_of_text(self, line: int) -> tuple[int, int]:
        """Offsets of what a line says, without blanks and mark; empty where it says nothing."""
        if not 1 <= line <= len(self._starts):
            return len(self._program), len(self._program)
        start = self._starts[line - 1] + (self._mark if line == 1 else 0)
        text = self._program[start : self._ends[line - 1]]
        start += len(text) - len(text.lstrip())
        return start, start + len(text.strip())

    @cached_property
    def _second_halves(self) -> list[int]:
        """Offsets in UTF-16 units of the second halves of characters that have two."""
        return [m.start() + i + 1 for i, m in enumerate(_ASTRAL.finditer(self._program))]

    def end(self, start: int) -> int:
        """Where the word that begins at `start` ends; one character where there is none."""
        word = _WORD.match(self._program, start)
        return word.end() if word else min(start + 1, len(self._program))


def _characters(text: str, units: int, unit: Unit) -> int:
    if unit == "characters" or text.isascii():
        return units
    if unit == "bytes":
        return len(text.encode("utf-8", "replace")[:units].decode("utf-8", "ignore"))
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))
