"""Programs whose class is left open for their tests to close, as mxeval's in C# and Scala are.

Counts braces outside of comments, strings and characters. Knows no grammar: a brace belongs to
a type if the words before it, back to the last brace or semicolon, declare one.
"""

from __future__ import annotations

import re

from rlcf.languages.positions import LF_CR

_TOKEN = r"""//(?:(?!ENDS).)*|/\*.*?(?:\*/|\Z)|\"{3}.*?(?:\"{3}|\Z)|@"(?:[^"]|"")*\"
    |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)'|[{};]"""
_TYPE = re.compile(r"\b(class|struct|interface|namespace|object|trait|record|enum)\b")


def closing_brace(tests: str, ends: str = LF_CR) -> int:
    """Offset of the brace by which tests close what was open before them; -1 if they do not."""
    depth = 0
    for token in _tokens(ends).finditer(tests):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth < 0:
            return token.start()
    return -1


def closers(program: str, ends: str = LF_CR) -> str:
    """The braces that close the types left open at the end; empty if something else is open.

    Lines end where the pattern `ends` matches.
    """
    open_braces: list[bool] = []
    since = 0
    for token in _tokens(ends).finditer(program):
        if token[0] not in "{};":
            continue
        if token[0] == "{":
            open_braces.append(bool(_TYPE.search(program[since : token.start()])))
        elif token[0] == "}" and open_braces:
            open_braces.pop()
        since = token.end()
    return "\n" + "}" * len(open_braces) if open_braces and all(open_braces) else ""


def _tokens(ends: str) -> re.Pattern[str]:
    return re.compile(_TOKEN.replace("ENDS", ends), re.DOTALL | re.VERBOSE)
