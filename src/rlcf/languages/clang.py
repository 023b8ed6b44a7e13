"""Clang's words: how it is asked for plain lines with ranges, and how they are read.

Clang has no JSON of use (its SARIF came with 15 and is unstable): lines with
`{line:column-line:column}` ranges say the same. Does not cover building and running (`gcc`).
"""

from __future__ import annotations

import re

from rlcf.compilers.base import ErrorClass
from rlcf.languages.base import Finding

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


def findings(text: str) -> list[Finding]:
    """What clang printed. Errors inside of headers keep their words and lose their place.

    Errors without any file are clang's own trouble, and no findings.
    """
    matches = (_SAID.match(line) for line in text.splitlines())
    return [_finding(match) for match in matches if match]


def _finding(match: re.Match[str]) -> Finding:
    inside = match["file"].startswith("program.")
    line, column = int(match["line"]), int(match["column"])
    end = (0, 0)
    for first_line, first, last_line, last in _RANGE.findall(match["ranges"]):
        if (int(first_line), int(first)) <= (line, column) < (int(last_line), int(last)):
            end = (int(last_line), int(last))
    return Finding(
        message=match["message"],
        code=match["code"] or "",
        line=line if inside else 0,
        column=column if inside else 0,
        end_line=end[0] if inside else 0,
        end_column=end[1] if inside else 0,
        severity=match["severity"],
    )
