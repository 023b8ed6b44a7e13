"""Blocks of programs that a prompt leaves open, and where what follows closes them.

Blocks in braces, and functions of Python by their indentation. Knows texts, not tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rlcf.settings import Stop
from rlcf.tasks.braces import LANGUAGES, braces

DEF = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
"""The head of a function of Python: its indentation and its name."""
_PYTHON = re.compile(
    r"""(?P<hidden>\#[^\n]*+|\"{3}(?:\\.|(?!\"{3}).)*+(?:\"{3})?+|'{3}(?:\\.|(?!'{3}).)*+(?:'{3})?+
    |"(?:\\.|[^"\\\n])*+"?+|'(?:\\.|[^'\\\n])*+'?+|\\\r?\n)
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<line>\n)""",
    re.DOTALL | re.VERBOSE,
)
_CODE = re.compile(r"([ \t]*)[^\s#]")


@dataclass(frozen=True)
class BlockEnd:
    """Tells where blocks in braces that a prompt leaves open are closed."""

    language: str
    open_braces: int
    """Depth at the end of the prompt."""
    left_open: int = 0
    """Depth at which the text ends; so many braces are put behind it."""
    closed_later: int = 0
    """Braces that the task puts behind every completion."""

    mark = "}"

    @classmethod
    def of_prompt(cls, language: str, prompt: str, stop: Stop = "class") -> BlockEnd | None:
        """None if the language has no braces, the prompt leaves none open, or by choice."""
        if language not in LANGUAGES or stop == "text":
            return None
        depth = sum(step for _, step in braces(language, prompt))
        return cls(language, depth, depth - 1 if stop == "method" else 0) if depth > 0 else None

    def find(self, completion: str) -> int | None:
        """Offset just past the brace that closes the last block to be closed, or None."""
        depth = self.open_braces
        for at, step in braces(self.language, completion):
            depth += step
            if depth == self.left_open:
                return at + 1
        return None

    def cut(self, text: str) -> str | None:
        """The text up to that brace and the braces that are missing, or None."""
        at = self.find(text)
        if at is None:
            return None
        whole = text[:at] + "\n" + "}\n" * self.left_open
        if not self.closed_later:
            return whole
        return re.sub(rf"(?:\}}\s*){{{self.closed_later}}}\Z", "", whole)


@dataclass(frozen=True)
class DedentEnd:
    """Tells where a function of Python ends: at a line of code no further indented than its `def`.

    Comments and blank lines before such a line are left out with it.
    """

    indentation: int
    """Of the `def`, in columns."""
    mid_line: bool = False
    """Whether the text begins inside a line."""

    mark = None

    @classmethod
    def of_prompt(cls, prompt: str) -> DedentEnd | None:
        """None if the prompt begins no function."""
        found = list(DEF.finditer(prompt))
        return cls(columns(found[-1][1]), not prompt.endswith("\n")) if found else None

    def find(self, completion: str) -> int | None:
        """Offset of the end of the function's last line of code, or None."""
        last = 0
        starts = list(_python_lines(completion))
        for i, start in enumerate(starts):
            code = _CODE.match(completion, start)
            if code is None and not (start == 0 and self.mid_line):
                continue
            fresh = start > 0 or not self.mid_line
            if code is not None and fresh and columns(code[1]) <= self.indentation:
                return last
            last = starts[i + 1] if i + 1 < len(starts) else len(completion)
        return None

    def cut(self, text: str) -> str | None:
        """The function's lines, or None."""
        at = self.find(text)
        return None if at is None else text[:at]


def _python_lines(text: str) -> Iterator[int]:
    """Where logical lines of Python begin: outside of strings, brackets and continuations."""
    yield 0
    depth = 0
    for match in _PYTHON.finditer(text):
        if match["line"] and depth == 0:
            yield match.end()
        elif match["open"]:
            depth += 1
        elif match["close"]:
            depth = max(0, depth - 1)


def columns(blanks: str) -> int:
    """How far blanks indent."""
    return len(blanks.expandtabs(8))
