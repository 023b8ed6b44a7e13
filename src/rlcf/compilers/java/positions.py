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

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Python offsets of a span in units; at least one character where there is any."""
        first, last = self.offset(start), self.offset(end)
        if first < 0:
            return -1, -1
        first = min(first, max(self._length - 1, 0))
        return first, min(max(last, first + 1), self._length)
