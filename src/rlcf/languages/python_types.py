"""mypy's verdict on Python programs, for those who ask for it (`types="mypy"`).

One process per program. What mypy knows of the standard library is worked out once and kept, which
makes a check 5 times cheaper. Bodies of functions without annotations are checked too; missing
modules are no errors. pyflakes checks names before.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from rlcf.builds import built, command
from rlcf.languages.bench import Bench, Finding, believed
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Step

FLAGS = (
    "--check-untyped-defs",
    "--ignore-missing-imports",
    "--no-site-packages",
    "--no-color-output",
    "--no-error-summary",
    "--hide-error-context",
    "--show-absolute-path",
    "--show-error-end",
    "--config-file=",
    "--no-sqlite-cache",
)
ERRORS = (
    (ErrorClass.UNRESOLVED_NAME, r"^(name-defined|attr-defined|union-attr|import)"),
    (ErrorClass.UNINITIALISED, r"^(possibly-undefined|used-before-def)"),
    (ErrorClass.MISSING_RETURN, r"^(return|empty-body): Missing return|^empty-body"),
    (ErrorClass.SYNTAX, r"^syntax"),
    (ErrorClass.TYPE_MISMATCH, r"^[a-z-]+: "),
)
"""Of `code: message`, after those of pyflakes."""
_STANDARD = """import abc, array, bisect, cmath, collections, copy, dataclasses, datetime, decimal
import enum, fractions, functools, heapq, itertools, json, math, operator, random, re
import statistics, string, sys, time, typing
"""
"""What programs use most; other modules are read anew by every program that imports them."""
_SAID = re.compile(
    r"^.*?program\.py:(\d+):(\d+):(\d+):(\d+): error: (.*?)(?:  \[([a-z-]+)\])?$", re.MULTILINE
)
_BOOT = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from mypy.__main__ import console_entry; console_entry()"
)


def missing() -> str:
    """What is missing, in words."""
    return "" if find_spec("mypy") else "mypy not found"


def folder() -> str:
    """Where mypy is installed, with what it needs."""
    spec = find_spec("mypy")
    return str(Path(spec.origin).parents[1]) if spec and spec.origin else ""


def knowledge() -> Path:
    """The folder of mypy's cache for the standard library, made at most once."""
    key = (version("mypy"), sys.version, _STANDARD, *FLAGS)
    return built("mypy", key, _learn)


def findings(bench: Bench, program: str) -> list[Finding]:
    """What mypy says of a program that has no errors of syntax or names.

    mypy 2.4 misplaces what follows other than ASCII in a line; so do we.

    Raises:
        NoVerdictError: it hit a limit or failed.
    """
    words = (*_command(knowledge() / "cache"), "program.py")
    last = bench.tool(Step(words, files={"program.py": program})).last
    found = []
    for match in _SAID.finditer(last.out):
        first, start, final, end = (int(match[i]) for i in range(1, 5))
        found.append(Finding(match[5], match[6] or "", first, start, final, end + 1))
    return believed(last, found)


def _command(cache: Path) -> tuple[str, ...]:
    interpreter = str(Path(sys.executable).resolve())
    boot = (interpreter, "-I", "-S", "-B", "-c", _BOOT, folder())
    return (*boot, *FLAGS, "--cache-dir", str(cache))


def _learn(place: Path) -> None:
    (place / "program.py").write_text(_STANDARD)
    command(*_command(Path("cache")), "program.py", cwd=place)
