"""Lua: `luac -p` in a new process for each program; tests likewise.

Only syntax is judged, and where it is wrong to the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.bench import Bench, Finding, Test, believed, scan
from rlcf.languages.language import Language
from rlcf.languages.positions import LF_CR_PAIRS
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step

_HARNESS = Path(__file__).parent / "workers" / "harness.lua"
_SAID = (
    r"\A\S*luac[\d.]*: (?:program\.lua:(\d+): ([\s\S]*?)"
    r"|(C stack overflow|program\.lua: bad binary format.*))\n?\Z"
)
_RETURN = r"^return\b[\w ,.]*;?\s*\Z"  # no statement may follow it


class Lua(Language):
    """Lua 5.3 or newer."""

    name = "lua"
    title = "Lua"
    comment = "--"
    tools = (
        Tool("lua", ("lua5.4", "lua5.3", "lua"), ("-v",)),
        Tool("luac", ("luac5.4", "luac5.3", "luac"), ("-v",)),
    )
    install = "apt-get install lua5.4"
    line_ends = LF_CR_PAIRS
    sample = Sample(
        good="function add(a, b)\n  return a + b\nend\n",
        bad="function add(a, b)\n  return a +\nend\n",
        tests="assert(add(1, 2) == 3)\n",
    )
    errors = ((ErrorClass.SYNTAX, r""),)
    check_failure = r"assertion failed!"
    trace_line = r"program\.lua:(\d+): in local 'unit'"
    error_line = r"^\S*lua[\d.]*: .*$"
    own_memory_mb = 8
    checked_when_run = True
    own_cpu_seconds = 0.05

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """`luac -p`."""
        step = Step((self.tool("luac"), "-p", "program.lua"), {"program.lua": program})
        last = bench.tool(step).last
        # It stops at the first; what it quotes may have several lines.
        found = scan(_SAID, last.err, lambda m: Finding(m[2] or m[3], line=int(m[1] or 0)))
        return believed(last, found)

    def run(self, bench: Bench, test: Test) -> Answer:
        """A syntax error shows when the harness loads the unit."""
        unit = test.sealed("rlcf_start();", "rlcf_end()", _RETURN)
        files = {"harness.lua": _HARNESS.read_text(), "program.lua": unit.text}
        command = (self.tool("lua"), "harness.lua")
        return bench.execute(Step(command, files, stdin=unit.stdin, limits=test.limits))
