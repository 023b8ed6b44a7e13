"""Names by which tests check, declared anew by the program.

A function or type of the program's own wins over one that the language imports by default, so a
program that declares `assert` or `listOf` decides what its tests mean by it. Looks at words, not
at scopes: no honest program declares these names. Does not see types that lie about equality.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_ESCAPE = re.compile(r"\\u+([0-9a-fA-F]{4})")
_DECLARED = re.compile(
    r"\b(?:fun|def|val|var|class|interface|trait|object|type|typealias)\b\s*"
    r"(?:<[^(){}]*>\s*)?(?:[\w.<>?*, ]+\.)?`?(\w+)"
)
_RENAMED = re.compile(r"\bimport\b[^\r\n;]*?(?:\bas|=>)\s+`?(\w+)")


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def replaced(program: str, tests: str, entry_point: str, known: Collection[str]) -> str:
    """The first of these names that the program declares and the tests use; empty if none is.

    The entry point is the program's to declare.
    """
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), program)
    declared: set[str] = set()
    for source in (text, _COMMENT.sub(" ", text)):  # a comment may also begin in a string
        declared |= {*_DECLARED.findall(source), *_RENAMED.findall(source)}
    used = set(re.findall(r"\w+", tests))
    return min((declared & used & set(known)) - {entry_point}, default="")
