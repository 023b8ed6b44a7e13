"""Refuse files past 400 lines and functions past 50; part of `make check`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES, FUNCTION_LINES = 400, 50
FOLDERS = ("src", "experiments", "tests", "benchmarks", "recipes", "examples", "scripts")


def beyond(file: Path) -> Iterator[str]:
    """What is too long in one file, a line per find."""
    source = file.read_text(encoding="utf-8")
    if (lines := source.count("\n")) > FILE_LINES:
        yield f"{file}: {lines} lines, more than {FILE_LINES}"
    if file.suffix != ".py":
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                place = f"{file}:{node.lineno}: {node.name}"
                yield f"{place} has {length} lines, more than {FUNCTION_LINES}"


def main() -> None:
    """Print what is too long; exit with 1 if anything is."""
    files = sorted(
        file
        for folder in FOLDERS
        for kind in ("*.py", "*.java", "*.js", "*.sh")
        for file in Path(folder).rglob(kind)
    )
    found = [line for file in files for line in beyond(file)]
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
