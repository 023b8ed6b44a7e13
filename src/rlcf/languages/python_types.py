"""Types of Python programs, by mypy or ty, for those who ask (`types="mypy"`, `types="ty"`).

One process per program, after pyflakes has checked the names. Bodies of functions without
annotations are checked too; missing modules are no errors, nor is a missing annotation: it would
reject programs that are right. What mypy knows of the standard library is worked out once and kept,
which makes a check 5 times cheaper. ty needs no such thing and is 5 times as fast; it is young, and
its rules change from version to version (benchmarks/front_ends.py compares the two).
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rlcf.builds import built, command
from rlcf.languages.bench import Bench, Finding, believed
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Step

FLAGS = (
    "--check-untyped-defs",
    "--ignore-missing-imports",
    "--disable-error-code=var-annotated",
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
    (ErrorClass.UNRESOLVED_NAME, r"^(unresolved-(reference|attribute)|missing-attribute)"),
    (ErrorClass.UNINITIALISED, r"^(possibly-undefined|used-before-def)"),
    (ErrorClass.MISSING_RETURN, r"^(return|empty-body): Missing return|^empty-body"),
    (ErrorClass.MISSING_RETURN, r"^[a-z-]+: Function (can|always) implicitly returns? "),
    (ErrorClass.SYNTAX, r"^syntax"),
    (ErrorClass.TYPE_MISMATCH, r"^[a-z-]+: "),
)
"""Of `code: message`, after those of pyflakes; mypy's and ty's."""
_STANDARD = """import abc, array, bisect, cmath, collections, copy, dataclasses, datetime, decimal
import enum, fractions, functools, heapq, itertools, json, math, operator, random, re
import statistics, string, sys, time, typing
"""
"""What programs use most; other modules are read anew by every program that imports them."""
_SAID = re.compile(
    r"^.*?program\.py:(\d+):(\d+):(\d+):(\d+): error: (.*?)(?:  \[([a-z-]+)\])?$", re.MULTILINE
)
_MISSING_MODULES = ("unresolved-import", "import-not-found")  # its names before and since 0.0.108
_SERIOUS = ("major", "critical", "blocker")
_BOOT = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from mypy.__main__ import console_entry; console_entry()"
)


@dataclass(frozen=True)
class TypeChecker:
    """One of the two."""

    install: str
    missing: Callable[[], str]
    """What is missing, in words."""
    readable: Callable[[], Sequence[str]]
    """Files and folders that it needs; makes what it keeps."""
    findings: Callable[[Bench, str], list[Finding]]
    """Of a program that has no errors of syntax or names.

    Raises:
        NoVerdictError: it hit a limit or failed.
    """


def _mypy_missing() -> str:
    return "" if find_spec("mypy") else "mypy not found"


def _mypy_folder() -> str:
    """Where mypy is installed, with what it needs."""
    spec = find_spec("mypy")
    return str(Path(spec.origin).parents[1]) if spec and spec.origin else ""


def _knowledge() -> Path:
    """The folder of mypy's cache for the standard library, made at most once."""
    key = (version("mypy"), sys.version, _STANDARD, *FLAGS)
    return built("mypy", key, _learn)


def _by_mypy(bench: Bench, program: str) -> list[Finding]:
    """mypy 2.4 misplaces what follows other than ASCII in a line; so do we."""
    words = (*_command(_knowledge() / "cache"), "program.py")
    last = bench.tool(Step(words, files={"program.py": program})).last
    found = []
    for match in _SAID.finditer(last.out):
        first, start, final, end = (int(match[i]) for i in range(1, 5))
        found.append(Finding(match[5], match[6] or "", first, start, final, end + 1))
    return believed(last, found)


def _command(cache: Path) -> tuple[str, ...]:
    interpreter = str(Path(sys.executable).resolve())
    boot = (interpreter, "-I", "-S", "-B", "-c", _BOOT, _mypy_folder())
    return (*boot, *FLAGS, "--cache-dir", str(cache))


def _learn(place: Path) -> None:
    (place / "program.py").write_text(_STANDARD)
    command(*_command(Path("cache")), "program.py", cwd=place)


def _ty() -> str:
    """The program, beside the interpreter or on PATH; empty if it is not there."""
    beside = Path(sys.executable).with_name("ty")
    found = str(beside) if beside.exists() else shutil.which("ty")
    return str(Path(found).resolve()) if found else ""


def _by_ty(bench: Bench, program: str) -> list[Finding]:
    own = ("--no-progress", "--output-format", "gitlab")
    words = (_ty(), "check", *own, "--python-version", f"3.{sys.version_info.minor}")
    step = Step(
        (*words, "program.py"),
        files={"program.py": program},
        environment={"TY_MAX_PARALLELISM": "1"},
    )
    last = bench.tool(step).last
    told = last.status in (0, 1) and last.out.startswith("[")  # else it failed, not the program
    said = json.loads(last.out) if told else []
    found = [_of_ty(one) for one in said if one["check_name"] not in _MISSING_MODULES]
    if last.status == 1 and said and not any(f.severity == "error" for f in found):
        return found  # nothing but modules that are missing
    return believed(last, found)


def _of_ty(said: dict[str, Any]) -> Finding:
    code, place = said["check_name"], said["location"]["positions"]
    begin, end = ((place[one]["line"], place[one]["column"]) for one in ("begin", "end"))
    severity = "error" if said["severity"] in _SERIOUS else "warning"
    return Finding(said["description"].removeprefix(f"{code}: "), code, *begin, *end, severity)


MYPY = TypeChecker("mypy", _mypy_missing, lambda: [_mypy_folder(), str(_knowledge())], _by_mypy)
TY = TypeChecker("ty", lambda: "" if _ty() else "ty not found", lambda: [_ty()], _by_ty)
CHECKERS = {"mypy": MYPY, "ty": TY}
