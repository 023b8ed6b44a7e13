"""`rlcf check`: verdicts and located diagnostics of source files, as they stand on disk."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from rlcf.cli.check_files import Input, inputs, judge
from rlcf.cli.ownbuild import with_own_build
from rlcf.errors import UserError
from rlcf.languages.verdict import CompileResult, Diagnostic, Verdict

_BREAK = re.compile(r"[\n\r\u2028\u2029\x85]")


@dataclass(frozen=True)
class Args:
    """Compile source files without running them, and show verdicts and diagnostics.

    Exit code 0: all accepted. 1: at least one rejected. 2: at least one without a verdict (bad
    input, no compiler); the others' verdicts are printed all the same.

    Examples:
      rlcf check Program.java
      rlcf check src/ tools/build.py
      rlcf check --language java --json src/*.java | jq '.[].verdict'
    """

    files: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE...")]
    """Source files, UTF-8, and folders of them; each file is judged on its own; - is standard
    input."""
    language: str | None = None
    """Language of the files; by default what the extension of each says (standard input: java)."""
    class_path: tuple[str, ...] = ()
    """What files are compiled against: jar files, classes, headers, packages, modules, crates
    (docs/languages.md). `auto`: what the build files at or above the first file ask for."""
    together: bool = False
    """Java: compile all files at once, so that they see each other."""
    json: bool = False
    """Print JSON: a list with one object per file, with character offsets of every diagnostic."""


def main(args: Args) -> int:
    """Check the files and print what the compiler said; see `Args` for the exit codes."""
    if not args.files:
        raise UserError("give at least one file: rlcf check Program.java")
    found = inputs(args.files, args.language)
    class_path, builds = with_own_build(args.class_path, args.files[0], args.language)
    for build in builds:
        print(build, file=sys.stderr)
    results = judge(found, class_path, args.together)
    if args.json:
        print(json.dumps([_to_json(f.path, r) for f, r in zip(found, results, strict=True)]))
    else:
        for file, result in zip(found, results, strict=True):
            for diagnostic in result.diagnostics:
                print(render(file.path, file.source, diagnostic))
        print(_summary(results))
    return _exit_code(found, results)


def _to_json(path: Path, result: CompileResult) -> dict[str, object]:
    row: dict[str, object] = {
        "file": str(path),
        "verdict": str(result.verdict),
        "diagnostics": [diagnostic.to_json() for diagnostic in result.diagnostics],
    }
    if result.reason:
        row["reason"] = result.reason
    return row


def render(path: Path | str, source: str, diagnostic: Diagnostic) -> str:
    """The way compilers print: place, message, the source line, and a caret under the span."""
    place = f"{path}:{diagnostic.line}:{diagnostic.column}" if diagnostic.line > 0 else str(path)
    message = diagnostic.message.strip()
    head = f"{place}: {diagnostic.severity}: {message} [{diagnostic.error_class}]"
    if diagnostic.line < 1 or not 0 <= diagnostic.start <= len(source):
        return head
    # Where the line begins is the language's rule; what would break it on the screen ends it.
    begin = diagnostic.start - diagnostic.column + 1
    end = _BREAK.search(source, max(begin, diagnostic.start))
    line = source[begin : end.start() if end else len(source)]
    # Tabs before the caret stay tabs, so that it stands under its character at any tab width.
    before = line[: diagnostic.start - begin]
    margin = "".join("\t" if char == "\t" else " " for char in before)
    span = min(diagnostic.end, begin + len(line)) - diagnostic.start
    return f"{head}\n  {line}\n  {margin}^{'~' * (span - 1)}"


def _summary(results: list[CompileResult]) -> str:
    counts = {verdict: sum(r.verdict is verdict for r in results) for verdict in Verdict}
    return ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v] or v is Verdict.ACCEPTED)


def _exit_code(found: list[Input], results: list[CompileResult]) -> int:
    verdicts = {result.verdict for result in results}
    if Verdict.UNSCORED in verdicts:
        for file, result in zip(found, results, strict=True):
            if result.verdict is Verdict.UNSCORED:
                why = file.trouble or f"{file.path}: no verdict: {result.reason}"
                print(f"rlcf: error: {' '.join(why.split())}", file=sys.stderr)
        return 2
    return 1 if Verdict.REJECTED in verdicts else 0
