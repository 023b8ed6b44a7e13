"""From a compiler's lines and columns to offsets in the program as given.

Compilers count columns in characters, in bytes of UTF-8 or in UTF-16 units; lines end at a
line feed. Offsets are in Python characters and never leave the program. Does not parse messages.
"""

from __future__ import annotations

import re
from typing import Literal

Unit = Literal["characters", "bytes", "utf16"]
_WORD = re.compile(r"\w+")


class Lines:
    """The lines of one program."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._starts = [0]
        self._starts += [match.end() for match in re.finditer("\n", program)]

    def offset(self, line: int, column: int, unit: Unit = "characters") -> int:
        """Offset of a 1-based line and column; column 0 is the line's first character."""
        if line < 1:
            return -1
        if line > len(self._starts):
            return len(self._program)
        start = self._starts[line - 1]
        end = self._starts[line] - 1 if line < len(self._starts) else len(self._program)
        text = self._program[start:end]
        return start + min(_characters(text, max(0, column - 1), unit), len(text))

    def place(self, offset: int) -> tuple[int, int]:
        """1-based line and column, in characters, of an offset."""
        from bisect import bisect_right

        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_of_text(self, line: int) -> str:
        """The words of a line, or nothing if there is no such line."""
        if not 1 <= line <= len(self._starts):
            return ""
        return self._program[self._starts[line - 1] :].partition("\n")[0]

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
