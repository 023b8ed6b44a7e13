"""PHP: `php -l` in a new process for each program; tests likewise.

What `php -l` refuses is an error: syntax, and what the compiler sees without running. It tells
lines but no columns.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from rlcf.languages.bench import Bench, Finding, Sealed, Test, believed, scan
from rlcf.languages.language import Language
from rlcf.languages.positions import LF_CR
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step

_HARNESS = Path(__file__).parent / "workers" / "harness.php"
_TICK = "declare(ticks=1) { \\gc_enabled(); }"  # two with nothing to do between them are made one
_OPEN = re.compile(r"\s*<\?php\b")
_CLOSED = re.compile(r"\?>\s*\Z")
_BRACED = re.compile(r"^\s*namespace\b[^;{]*\{", re.MULTILINE)
_OVER = r"^\s*__halt_compiler\b|^return\b[^\n(]*;\s*\Z"
_SAID = r"^(?:PHP )?(\w+(?: \w+)?): +(.*) in program\.php on line (\d+)$"
_CHECKS = ("-d", "zend.assertions=1", "-d", "assert.exception=1", "-d", "ffi.enable=0")
_REPORT = ("-d", "display_errors=stderr", "-d", "log_errors=0", "-d", "html_errors=0")


class Php(Language):
    """PHP 8."""

    name = "php"
    title = "PHP"
    tools = (Tool("php"),)
    install = "apt-get install php-cli"
    line_ends = LF_CR
    sample = Sample(
        good="<?php\nfunction add($a, $b) { return $a + $b; }\n",
        bad="<?php\nfunction add($a, $b) { return $a + ; }\n",
        tests='if (add(1, 2) != 3) { throw new Exception("not equal"); }\n',
    )
    errors = (
        (ErrorClass.SYNTAX, r"^Parse error"),
        (ErrorClass.TYPE_MISMATCH, r"type|argument"),
    )
    check_failure = r"Uncaught AssertionError"
    trace_line = r"Uncaught AssertionError.* in \S*program\.php:(\d+)"
    error_line = r"^(PHP )?(Fatal error|Uncaught).*$"
    own_memory_mb = 32
    checked_when_run = True
    own_cpu_seconds = 0.1

    def readable(self) -> Sequence[str]:
        """The configuration, which loads the extensions."""
        return ["/etc/php"]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """`php -l`, without most of its configuration: extensions add no syntax."""
        command = (self.tool("php"), "-n", *self._tags, *_REPORT, "-l", "program.php")
        last = bench.tool(Step(command, {"program.php": program})).last
        found = scan(
            _SAID,
            last.err + last.out,
            lambda m: Finding(m[2], m[1], int(m[3]), severity=_severity(m[1])),
        )
        return believed(last, found)

    @cached_property
    def _tags(self) -> tuple[str, str]:
        """Whether `<?` alone begins code, as it is set here."""
        words = [self.tool("php"), "-r", "echo (int) ini_get('short_open_tag');"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        return ("-d", f"short_open_tag={done.stdout.strip()[-1:] or 0}")

    def run(self, bench: Bench, test: Test) -> Answer:
        """A syntax error shows when the harness loads the unit."""
        memory = f"memory_limit={test.limits.memory_mb}M"
        command = (self.tool("php"), *_REPORT, *_CHECKS, "-d", memory, "harness.php")
        unit = _sealed(test)
        files = {"harness.php": _HARNESS.read_text(), "program.php": unit.text}
        return bench.execute(Step(command, files, stdin=unit.stdin, limits=test.limits))


def _sealed(test: Test) -> Sealed:
    """A closing tag at the tests' end is left out: what comes after it is no code."""
    test = replace(test, tests=_CLOSED.sub(";", test.tests))
    start, end = _TICK, f";{_TICK}"
    opened = _OPEN.match(test.tests)
    if _BRACED.search(test.tests):
        start, end = f"namespace {{ {start} }}", f"namespace {{ {_TICK} }}"
    elif opened:
        start = f"<?php {start}"
        test = replace(test, tests=test.tests[opened.end() :])
    return test.sealed(start, end, _OVER)


def _severity(kind: str) -> str:
    return "error" if kind in ("Parse error", "Fatal error", "Compile error") else "warning"
