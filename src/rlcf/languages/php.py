"""PHP: `php -l` in a new process for each program; tests likewise.

What `php -l` refuses is an error: syntax, and what the compiler sees without running. It tells
lines but no columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlcf.compilers.base import ErrorClass
from rlcf.languages.base import Bench, Finding, Language, Sample, Test, Tool, believed, scan
from rlcf.sandbox.cell import Answer, Step

_HARNESS = """<?php
final class RlcfHarness { public static string $token = ''; }
RlcfHarness::$token = stream_get_contents(STDIN);
require './program.php';
file_put_contents('done', RlcfHarness::$token);
"""
_SAID = r"^(?:PHP )?(\w+(?: \w+)?): +(.*) in program\.php on line (\d+)$"
_REPORT = ("-d", "display_errors=stderr", "-d", "log_errors=0", "-d", "html_errors=0")


class Php(Language):
    """PHP 8."""

    name = "php"
    title = "PHP"
    tools = (Tool("php"),)
    install = "apt-get install php-cli"
    sample = Sample(
        good="<?php\nfunction add($a, $b) { return $a + $b; }\n",
        bad="<?php\nfunction add($a, $b) { return $a + ; }\n",
        tests='if (add(1, 2) != 3) { throw new Exception("not equal"); }\n',
    )
    errors = (
        (ErrorClass.SYNTAX, r"^Parse error"),
        (ErrorClass.TYPE_MISMATCH, r"type|argument"),
    )
    error_line = r"^(PHP )?(Fatal error|Uncaught).*$"
    own_memory_mb = 32
    checked_when_run = True
    own_cpu_seconds = 0.1

    def readable(self) -> Sequence[str]:
        """The configuration, which loads the extensions."""
        return ["/etc/php"]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """`php -l`, without configuration: extensions add no syntax."""
        command = (self.tool("php"), "-n", *_REPORT, "-l", "program.php")
        last = bench.tool(Step(command, {"program.php": program})).last
        found = scan(
            _SAID,
            last.err + last.out,
            lambda m: Finding(m[2], m[1], int(m[3]), severity=_severity(m[1])),
        )
        return believed(last, found)

    def run(self, bench: Bench, test: Test) -> Answer:
        """A syntax error shows when the harness loads the program."""
        memory = f"memory_limit={test.limits.memory_mb}M"
        command = (self.tool("php"), *_REPORT, "-d", memory, "harness.php")
        files = {"harness.php": _HARNESS, "program.php": test.source}
        return bench.execute(Step(command, files, stdin=test.token, limits=test.limits))


def _severity(kind: str) -> str:
    return "error" if kind in ("Parse error", "Fatal error", "Compile error") else "warning"
