"""Perl: `perl -c` in a new process for each program; tests likewise.

Compiling Perl runs its BEGIN blocks, so it happens in the jail under limits, and a program is
only accepted if the parser came to a last line of ours (a CHECK block of ours runs even after
`exit`, so it alone would prove nothing).
Subroutines are looked up when a program runs. It tells lines but no columns.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rlcf.languages.bench import Bench, Finding, Test, scan
from rlcf.languages.language import Language
from rlcf.languages.positions import MARK
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step
from rlcf.text import first_line

_CHECKER = """package RlcfCheck;
my $token = do { local $/; <STDIN> };
close STDIN;
my $reached = 0;
sub NAME { $reached = 1 }
CHECK { if ($reached) { open(my $done, '>', 'done') or exit 1; print $done $token; close $done; } }
1;
"""
_LAST = "\n\n=pod\n\n=cut\n\nBEGIN { RlcfCheck::NAME() }\n"
_END = re.compile(r"^(?:__(?:END|DATA)__\r?$|[ \t]*[\x04\x1a])", re.MULTILINE)
_HARNESS = Path(__file__).parent / "workers" / "harness.pl"
_LINE = re.compile(r"^#(?=[ \t]*line[ \t]+\d)", re.MULTILINE)
_SAID = (
    r"^(.*) at program\.pl line (\d+)"
    r"(?:, (?:near|at|within) .*|(?:, <\w*> (?:line|chunk) \d+)?\.)?$"
)
_ABORTED = re.compile(
    r"([\s\S]*?)\w+ failed--compilation aborted at program\.pl line (\d+)\.", re.MULTILINE
)


class Perl(Language):
    """Perl 5."""

    name = "perl"
    title = "Perl"
    comment = "#"
    line_directive = r"^#[ \t]*line[ \t]+\d.*"
    tools = (Tool("perl"),)
    install = "apt-get install perl libdata-compare-perl"
    sample = Sample(
        good="sub add { my ($a, $b) = @_; return $a + $b; }\n",
        bad="sub add { my ($a, $b) = @_; return $a + ; }\n",
        tests='unless (add(1, 2) == 3) { die "they are not equal"; }\n',
    )
    errors = (
        (ErrorClass.SYNTAX, r"syntax error|[Mm]issing|Unmatched|Can't find string terminator"),
        (ErrorClass.UNRESOLVED_NAME, r"Global symbol|Can't locate|Bareword|not exported"),
        (ErrorClass.TYPE_MISMATCH, r"Type of arg|arguments for"),
    )
    own_memory_mb = 16
    checked_when_run = True
    own_cpu_seconds = 0.1

    def readable(self) -> Sequence[str]:
        """Configuration of Perl itself."""
        return ["/etc/perl"]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """`perl -c`, with a last line that proves the whole was read; its words from it alone."""
        # What looks like an end can stand in a string.
        ends = [match.start() for match in islice(_END.finditer(program), 4)]
        if any(self._read_whole(bench, program[:end]) for end in (*ends, len(program))):
            return []
        # Warnings look like errors, so they are heard only where they are what ends it.
        for flags in (("-X", "-c"), ("-c",)):
            command = (self.tool("perl"), *flags, "program.pl")
            last = bench.tool(Step(command, {"program.pl": program})).last
            if last.status != 0 and last.err.strip():
                return _findings(last.err)
        return [Finding("ended while it was being compiled")]

    def _read_whole(self, bench: Bench, code: str) -> bool:
        token = secrets.token_hex(16)
        name = "reached_" + secrets.token_hex(8)
        text = code + _LAST.replace("NAME", name)
        files = {"program.pl": text, "RlcfCheck.pm": _CHECKER.replace("NAME", name)}
        command = (self.tool("perl"), "-I.", "-MRlcfCheck", "-c", "program.pl")
        answer = bench.tool(Step(command, files, stdin=token))
        return answer.last.status == 0 and answer.done == token

    def run(self, bench: Bench, test: Test) -> Answer:
        """A syntax error shows when the harness loads the unit."""
        # Directives of lines would let the program call from the tests' place.
        honest = replace(test, program=_LINE.sub("##", test.program.removeprefix(MARK)))
        unit = honest.sealed(";RlcfHarness::start();", ";RlcfHarness::reached();", _END.pattern)
        files = {"harness.pl": _HARNESS.read_text(), "program.pl": unit.text}
        command = (self.tool("perl"), "harness.pl")
        return bench.execute(Step(command, files, stdin=unit.stdin, limits=test.limits))


def _findings(said: str) -> list[Finding]:
    """What `perl -c` says; a block that died while compiling has the place of its end."""
    aborted = _ABORTED.match(said)
    text = aborted[1] if aborted else said
    found = scan(_SAID, text, lambda m: Finding(m[1], "", int(m[2])))
    if not found and aborted:
        return [Finding(text.strip() or aborted[0].strip(), "", int(aborted[2]))]
    return found or [Finding(first_line(text))]
