"""The compiler's word on a program as short text: for a model's next prompt, or an agent's tool.

The same program gets the same text: messages are on one line and bounded, without folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rlcf.languages.toolchain import check
from rlcf.languages.verdict import CompileResult, Diagnostic, Verdict

ERRORS = 3
"""Errors shown at most; a compiler's later ones often follow from its first."""
_LENGTH = 200
_FOLDERS = re.compile(r"(?<![\w/])/(?:[\w.+-]+/)+")


def feedback(program: str, language: str = "java", *, class_path: Iterable[str] = ()) -> str:
    """Compile a program and say `accepted`, its first errors, or why there is no verdict.

    Raises:
        UserError: as `rlcf.check`.
    """
    [result] = check([program], language, class_path=class_path)
    if result.verdict is Verdict.REJECTED:
        return errors_of(result, program)
    return "accepted" if result.verdict is Verdict.ACCEPTED else f"no verdict: {result.reason}"


def errors_of(result: CompileResult, program: str) -> str:
    """The first distinct errors, each with its line of the program below it."""
    shown = [located(d) + _source(d, program) for d in result.errors]
    return "\n".join(list(dict.fromkeys(shown))[:ERRORS])


def located(diagnostic: Diagnostic) -> str:
    """`line 3: cannot find symbol`."""
    words = _short(_FOLDERS.sub("", diagnostic.message))
    return f"line {diagnostic.line}: {words}" if diagnostic.line > 0 else words


def _source(diagnostic: Diagnostic, program: str) -> str:
    # What ends a line is the compiler's rule, so the offset is surer, where there is one.
    at, lines = diagnostic.start, program.split("\n")
    number = program.count("\n", 0, at) if at >= 0 else diagnostic.line - 1
    line = _short(lines[number]) if 0 <= number < len(lines) else ""
    return f"\n    {line}" if line else ""


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LENGTH else words[: _LENGTH - 1] + "…"
