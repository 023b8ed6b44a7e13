"""The warm worker of Python: parses and looks names up, in memory; runs nothing.

Started as a script inside the jail, with the folder of pyflakes in its path. What is an error:
whatever `compile` refuses, and names that no scope defines.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from typing import Any

from pyflakes import checker, messages  # type: ignore[import-untyped]

_ERRORS = (messages.UndefinedName, messages.UndefinedLocal)
_PLAIN, _DEEP = sys.getrecursionlimit(), 50_000
"""How deep the compiler goes by itself, and pyflakes, which needs several calls for each level."""
_SITE = {"exit", "quit", "copyright", "credits", "license", "help"}
"""Names that the module `site` adds to the built-in ones, in interpreters that load it."""


def findings(source: str) -> list[dict[str, Any]]:
    """Errors first by the parser, then by the compiler, then by name."""
    file = source.encode("utf-8", "surrogatepass")  # whose first lines may name another encoding
    try:
        with warnings.catch_warnings(record=True):
            tree = ast.parse(file, "program.py")
            compile(file, "program.py", "exec", dont_inherit=True)
    except SyntaxError as e:
        return [_syntax(e)]
    except (ValueError, OverflowError) as e:
        return [{"message": str(e), "code": type(e).__name__}]
    sys.setrecursionlimit(_DEEP)
    try:
        found = checker.Checker(tree, "program.py", builtins=_SITE).messages
    finally:
        sys.setrecursionlimit(_PLAIN)
    return [_name(m) for m in sorted(found, key=lambda m: (m.lineno, m.col))]


def _syntax(e: SyntaxError) -> dict[str, Any]:
    return {
        "message": e.msg,
        "code": type(e).__name__,
        "line": e.lineno or 0,
        "column": e.offset or 0,
        "end_line": e.end_lineno or 0,
        "end_column": e.end_offset or 0,
    }


def _name(message: Any) -> dict[str, Any]:
    return {
        "message": message.message % message.message_args,
        "code": type(message).__name__,
        "line": message.lineno,
        "column": message.col + 1,  # ast counts bytes, and so does the language's `columns`
        "severity": "error" if isinstance(message, _ERRORS) else "warning",
        "bytes": True,
    }


def main() -> None:
    """Answer until the input ends."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        try:
            source = json.loads(line)["source"].removeprefix("\ufeff")  # as for files
            answer: dict[str, Any] = {"findings": findings(source)}
        except (RecursionError, MemoryError) as e:
            answer = {"broken": f"{type(e).__name__}: nested too deeply"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
