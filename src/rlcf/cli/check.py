"""`rlcf check`: verdicts and located diagnostics of source files.

Covers files as they stand on disk. Does not run them (`rlcf score` runs tests).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from rlcf.compilers.base import CompileResult, Diagnostic, Verdict
from rlcf.errors import UserError


@dataclass(frozen=True)
class Args:
    """Ask the compiler of a language about source files, without running them.

    Exit code 0: all accepted. 1: at least one rejected. 2: no verdict (bad input, no compiler).

    Examples:
      rlcf check Program.java
      rlcf check --language java --json src/*.java | jq '.[].verdict'
    """

    files: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE...")]
    """Source files, UTF-8; each is judged on its own; - is standard input."""
    language: str = "java"
    """Language of the files."""
    class_path: tuple[str, ...] = ()
    """Java: directories and jar files (also `folder/*`) that files are compiled against."""
    json: bool = False
    """Print JSON: a list with one object a file, with character offsets of every diagnostic."""


def main(args: Args) -> int:
    """Check the files and print what the compiler said; see `Args` for the exit codes."""
    from rlcf.compilers import get_compiler, options_for

    if not args.files:
        raise UserError("give at least one file: rlcf check Program.java")
    sources = [_read(path) for path in args.files]
    compiler = get_compiler(args.language, **options_for(args.language, args.class_path))
    try:
        results = compiler.check(sources)
    finally:
        compiler.close()
    if args.json:
        print(json.dumps([_to_json(p, r) for p, r in zip(args.files, results, strict=True)]))
    else:
        for path, source, result in zip(args.files, sources, results, strict=True):
            for diagnostic in result.diagnostics:
                print(_render(path, source, diagnostic))
        print(_summary(results))
    return _exit_code(args.files, results)


def _read(path: Path) -> str:
    try:
        # Bytes, not text mode: translated line ends would shift every offset.
        source = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return source.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise UserError(f"{path}: not UTF-8 text (byte {exc.start})") from exc
    except OSError as exc:
        raise UserError(f"{path}: cannot be read ({exc.strerror or exc})") from exc


def _to_json(path: Path, result: CompileResult) -> dict[str, object]:
    return {
        "file": str(path),
        "verdict": str(result.verdict),
        "diagnostics": [diagnostic.to_json() for diagnostic in result.diagnostics],
    }


def _render(path: Path, source: str, diagnostic: Diagnostic) -> str:
    """The way compilers print: place, message, the source line, and a caret under the span."""
    place = f"{path}:{diagnostic.line}:{diagnostic.column}" if diagnostic.line > 0 else str(path)
    message = diagnostic.message.strip()
    head = f"{place}: {diagnostic.severity}: {message} [{diagnostic.error_class}]"
    if diagnostic.line < 1 or not 0 <= diagnostic.start <= len(source):
        return head
    begin = source.rfind("\n", 0, diagnostic.start) + 1
    end = source.find("\n", diagnostic.start)
    line = source[begin : end if end >= 0 else len(source)].rstrip("\r")
    # Tabs before the caret stay tabs, so that it stands under its character at any tab width.
    before = line[: diagnostic.start - begin]
    margin = "".join("\t" if char == "\t" else " " for char in before)
    span = min(diagnostic.end, begin + len(line)) - diagnostic.start
    return f"{head}\n  {line}\n  {margin}^{'~' * (span - 1)}"


def _summary(results: list[CompileResult]) -> str:
    counts = {verdict: sum(r.verdict is verdict for r in results) for verdict in Verdict}
    return ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v] or v is Verdict.ACCEPTED)


def _exit_code(files: tuple[Path, ...], results: list[CompileResult]) -> int:
    verdicts = {result.verdict for result in results}
    if Verdict.UNSCORED in verdicts:
        for path, result in zip(files, results, strict=True):
            if result.verdict is Verdict.UNSCORED:
                print(f"rlcf: error: {path}: no verdict: {result.reason}", file=sys.stderr)
        return 2
    return 1 if Verdict.REJECTED in verdicts else 0
