"""From javac's offsets (UTF-16 code units) to Python characters, lines and columns.

javac counts in units of the text it was given, unicode escapes as they are
written, so the only difference to Python is characters beyond the basic plane,
which are two units there and one here. Lines end at LF, CR or CR LF, as in
The Java Language Specification, section 3.4.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LINE_END = re.compile(r"\r\n|\r|\n")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


class Positions:
    """Offsets of one program."""

    def __init__(self, program: str) -> None:
        self._length = len(program)
        self._starts = [0, *(m.end() for m in _LINE_END.finditer(program))]
        # In units: where each astral character's second half lies.
        self._seconds = [m.start() + i + 1 for i, m in enumerate(_ASTRAL.finditer(program))]

    def offset(self, units: int) -> int:
        """Python offset of an offset in UTF-16 units, kept within the program; -1 stays -1."""
        if units < 0:
            return -1
        return min(units - bisect_right(self._seconds, units), self._length)

    def line_column(self, offset: int) -> tuple[int, int]:
        """1-based line and column of a Python offset; (0, 0) for -1."""
        if offset < 0:
            return 0, 0
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset_at(self, program: str, line: int, column: int, tab: int) -> int:
        """Python offset of a 1-based line and column as javac prints them, tabs expanded."""
        at = self._starts[min(line, len(self._starts)) - 1]
        reached = 1
        while reached < column and at < self._length and program[at] not in "\r\n":
            if program[at] == "\t":
                reached = (reached - 1) // tab * tab + tab + 1
            else:
                reached += 2 if program[at] > "\uffff" else 1
            at += 1
        return at

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Python offsets of a span in units; at least one character where there is any."""
        return self.span_at(self.offset(start), self.offset(end))

    def span_at(self, start: int, end: int = -1) -> tuple[int, int]:
        """The same for Python offsets."""
        if start < 0:
            return -1, -1
        first = min(start, max(self._length - 1, 0))
        return first, min(max(end, first + 1), self._length)
