"""C# tests whose checks are calls of `Debug.Assert`, which does nothing in a program that is run.

Makes of each a statement that throws. Calls over several lines and with a message are found;
what stands in strings and comments is not. Lines stay where they are.
"""

from __future__ import annotations

import re

_CALL = re.compile(r"(?:System\.Diagnostics\.)?\bDebug\.Assert\s*\(")
_TOKEN = re.compile(
    r"""@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    r"""|//[^\n]*|/\*.*?\*/|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<message>,(?=\s*[$@"]))""",
    re.DOTALL,
)
_THROW = ')) throw new global::System.Exception("Debug.Assert does not hold")'


def checked(tests: str) -> str:
    """The tests with each call replaced; those that are not closed stay."""
    made, at = [], 0
    while (call := _next_call(tests, at)) is not None:
        ends = _ends(tests, call.end())
        if ends is None:
            break
        condition_end, behind = ends
        lost = "\n" * tests.count("\n", condition_end, behind)
        made += [
            tests[at : call.start()],
            "if (!(",
            tests[call.end() : condition_end],
            lost,
            _THROW,
        ]
        at = behind
    return "".join(made) + tests[at:]


def _next_call(tests: str, at: int) -> re.Match[str] | None:
    """The next call from an offset on that stands in code."""
    while (call := _CALL.search(tests, at)) is not None:
        while (token := _TOKEN.search(tests, at)) is not None and token.start() < call.start():
            at = token.end()
        if at <= call.start():
            return call
    return None


def _ends(tests: str, at: int) -> tuple[int, int] | None:
    """Where the condition of a call ends whose arguments begin there, and where the call does."""
    depth, condition_end = 0, 0
    for token in _TOKEN.finditer(tests, at):
        if token["message"] and not depth and not condition_end:
            condition_end = token.start()
        elif token["open"]:
            depth += 1
        elif token["close"]:
            if not depth:
                return condition_end or token.start(), token.end()
            depth -= 1
    return None
