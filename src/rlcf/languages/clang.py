"""Clang's words: how it is asked for plain lines with ranges, and how they are read.

Clang has no usable JSON (its SARIF came with 15 and is unstable): lines with
`{line:column-line:column}` ranges say the same. `gcc` builds and runs.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rlcf.languages.bench import Finding
from rlcf.languages.verdict import ErrorClass
from rlcf.text import lines_of

PRECOMPILED = "all.pch"
"""A precompiled header, named on the command line: clang does not look for one by itself."""
FORMAT = (
    "-fno-caret-diagnostics",
    "-fdiagnostics-print-source-range-info",
    "-ferror-limit=20",
    "-pipe",
)
ERRORS = (
    (ErrorClass.UNRESOLVED_NAME, r"file not found|no type named|no template named"),
    (ErrorClass.MISSING_RETURN, r"does not return a value"),
    (ErrorClass.SYNTAX, r": extraneous|: unknown token|unknown escape"),
    (ErrorClass.TYPE_MISMATCH, r"no viable|cannot initialize|not assignable|cannot be initial"),
    (ErrorClass.TYPE_MISMATCH, r"member reference|is not a pointer|not contextually|subscripted"),
)
"""Beside those that it words like GCC."""
_SAID = re.compile(
    r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?P<column>\d+):(?P<ranges>(?:\{[\d:-]+\})*:?) "
    r"(?:fatal )?(?P<severity>error|warning): (?P<message>.*?)(?: \[(?P<code>-W\S+)\])?$"
)
_RANGE = re.compile(r"\{(\d+):(\d+)-(\d+):(\d+)\}")
_INCLUDED = re.compile(r"^In file included from (?:program\.\w+:(\d+))?")
_NOTE = re.compile(r"^program\.\w+:(\d+):(\d+):(?:\{[\d:{}-]+\}:)? note: (.*)$")
_CAUSE = re.compile(r"requested here|required here|in call to|expanded from|substitut|evaluation")
"""A note that says what led into a header; any other one only stands near."""


def findings(text: str) -> list[Finding]:
    """What clang printed. Messages inside of headers stand where the program led to them.

    Errors without any file are clang's own trouble, and no findings.
    """
    found: list[Finding] = []
    included = 0
    inside = True
    for line in lines_of(text):
        if said := _SAID.match(line):
            inside = said["file"].startswith("program.")
            found.append(_finding(said) if inside else _outside(said, included))
            included = 0
        elif include := _INCLUDED.match(line):
            included = int(include[1] or included)
        elif (
            not inside
            and (note := _NOTE.match(line))
            and (found[-1].line == 0 or _CAUSE.search(note[3]))  # the last cause is the outermost
        ):
            found[-1] = replace(found[-1], line=int(note[1]), column=int(note[2]))
    return with_those_before(found)


def with_those_before(found: list[Finding]) -> list[Finding]:
    """Errors of which nothing says what led to them stand where the error before them does."""
    stands: list[Finding] = []
    last: Finding | None = None
    for finding in found:
        if finding.severity == "error" and finding.line == 0 and last is not None:
            finding = replace(finding, line=last.line, column=last.column)
        if finding.severity == "error" and finding.line:
            last = finding
        stands.append(finding)
    return stands


def _outside(match: re.Match[str], line: int) -> Finding:
    return Finding(match["message"], match["code"] or "", line, severity=match["severity"])


def _finding(match: re.Match[str]) -> Finding:
    line, column = int(match["line"]), int(match["column"])
    end = (0, 0)
    for first_line, first, last_line, last in _RANGE.findall(match["ranges"]):
        if (int(first_line), int(first)) <= (line, column) < (int(last_line), int(last)):
            end = (int(last_line), int(last))
    return Finding(match["message"], match["code"] or "", line, column, *end, match["severity"])
