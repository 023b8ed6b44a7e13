"""GCC's words: JSON with the ends of places, and plain lines for what JSON leaves out.

JSON lists an error that comes up while a warning is open as the warning's child, and says nothing
of what an error inside a header comes from: the plain lines name the line of the program ("required
from here", "In file included from").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from rlcf.languages.bench import Finding, believed
from rlcf.languages.clang import with_those_before
from rlcf.sandbox.cell import Finished
from rlcf.text import lines_of

JSON = ("-fdiagnostics-format=json",)
PLAIN = ("-fno-diagnostics-show-caret", "-fdiagnostics-column-unit=byte", "-fmax-errors=20")
_SAID = (
    r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?P<column>\d+): "
    r"(?:fatal )?(?P<severity>error|warning): (?P<message>.*?)(?: \[(?P<code>-W\S+)\])?$"
)
_LINKER = re.compile(r"^.*?((?:undefined reference|multiple definition).*)$", re.MULTILINE)
_ASSEMBLER = re.compile(r"^(?:program\.\w+:(\d+)|[^\s:][^:]*:\d+): Error: (.*)$", re.MULTILINE)
_LATER = ("as", "ld")
"""Codes of what the compiler itself did not say."""
_MESSAGE = re.compile(_SAID)
_SCOPE = re.compile(r"^[^\s:][^:]*: (?:In|At) ")
"""A new scope is announced: what was required before has nothing to do with it."""
_REQUIRED = re.compile(r"^program\.\w+:(\d+):(\d+): {2,}(?:recursively )?(?:required|in |instant)")
_INCLUDED = re.compile(r"^(In file included|  +) from (?:program\.\w+:(\d+))?")
_NOTE = re.compile(r"^program\.\w+:(\d+):(\d+): note: ")


def findings(finished: Finished, again: Callable[[], Finished]) -> list[Finding]:
    """What GCC said, one JSON array or plain lines; `again` has it say the same in plain lines.

    Raises:
        NoVerdictError: it failed, and nothing that we understand says why.
        json.JSONDecodeError: the array is cut short.
    """
    said: list[dict[str, Any]] = []
    for line in lines_of(finished.err):
        if line.startswith("["):
            said += json.loads(line)
    found = [finding for item in said for finding in _of_json(item)]
    found += _plain(finished.err)
    if finished.status != 0 and not any(f.severity == "error" for f in found):
        found += linker(finished)
    if any(f.severity == "error" and f.code not in _LATER and f.line == 0 for f in found):
        found = with_those_before(_placed(found, _plain(again().err)))
    return believed(finished, found)


def linker(finished: Finished) -> list[Finding]:
    """What the linker said, and the assembler."""
    said = [Finding(m[2], "as", int(m[1] or 0)) for m in _ASSEMBLER.finditer(finished.err)]
    return said + [Finding(match[1], "ld") for match in _LINKER.finditer(finished.err)]


def _of_json(item: dict[str, Any]) -> Iterator[Finding]:
    """A diagnostic, and the errors and warnings below it, however deep."""
    kind = item["kind"].removeprefix("fatal ")
    if kind in ("error", "warning"):
        places = item.get("locations") or [{}]
        caret = places[0].get("caret", {})
        end = places[0].get("finish", {})
        inside = caret.get("file", "").startswith("program.")
        yield Finding(
            message=item["message"],
            code=item.get("option", ""),
            line=caret.get("line", 0) if inside else 0,
            column=max(0, caret.get("byte-column", 0)) if inside else 0,
            end_line=end.get("line", 0),
            end_column=end.get("byte-column", -1) + 1,
            severity=kind,
        )
    for child in item.get("children", ()):
        yield from _of_json(child)


def _plain(text: str) -> list[Finding]:
    """Messages of plain lines; those inside headers stand where the program led to them."""
    found: list[Finding] = []
    required = included = (0, 0)
    homeless = False
    """Whether the last message has no place yet: a note after it may give one."""
    for line in lines_of(text):
        if _SCOPE.match(line):
            required = (0, 0)
        elif at := _REQUIRED.match(line):
            required = (int(at[1]), int(at[2]))
        elif include := _INCLUDED.match(line):
            if include[1].startswith("In"):
                included = (0, 0)
            if include[2]:
                included = (int(include[2]), 0)
        elif said := _MESSAGE.match(line):
            place = (int(said["line"]), int(said["column"]))
            if not said["file"].startswith("program."):
                place = required if required[0] else included
            homeless = place[0] == 0
            found.append(
                Finding(said["message"], said["code"] or "", *place, severity=said["severity"])
            )
        elif homeless and (note := _NOTE.match(line)):
            found[-1] = replace(found[-1], line=int(note[1]), column=int(note[2]))
            homeless = False
    return found


def _placed(found: list[Finding], plain: list[Finding]) -> list[Finding]:
    """The same findings; those without a place get the one that plain lines have for them.

    Messages come in the same order, and not always in the same words: without a caret they quote
    more of the source. Plain lines may end earlier.
    """
    placed = [
        replace(one, line=twin.line, column=twin.column, end_line=0, end_column=0)
        if one.line == 0 and one.severity == twin.severity
        else one
        for one, twin in zip(found, plain, strict=False)
    ]
    return placed + found[len(placed) :]
