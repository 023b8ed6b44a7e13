"""Ruby: the interpreter's own compiler in a warm worker; tests in a new process each.

Only syntax is judged: Ruby looks names up when a program runs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.bench import Bench, Finding, Test
from rlcf.languages.language import Language
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step

_WORKER = Path(__file__).parent / "workers" / "ruby.rb"
_HARNESS = Path(__file__).parent / "workers" / "harness.rb"
_OVER = r"^__END__$|^return\s*\Z"
_START = "RlcfHarness.start;"
_END = "RlcfHarness.reached(1 == 2, 'a' == 'b', [1] == [2], 1 != 1, 1.eql?(2))"


class Ruby(Language):
    """Ruby 2.7 or newer (MRI)."""

    name = "ruby"
    title = "Ruby"
    comment = "#"
    tools = (Tool("ruby"),)
    install = "apt-get install ruby"
    columns = "bytes"
    mark_counts = False
    sample = Sample(
        good="def add(a, b)\n  a + b\nend\n",
        bad="def add(a, b)\n  a +\nend\n",
        tests="raise StandardError, 'not equal' if add(1, 2) != 3\n",
    )
    errors = ((ErrorClass.SYNTAX, r"^SyntaxError"),)
    check_failure = r"^Failure:|^ +\d+\) Failure:"  # Test::Unit, Minitest
    error_line = r"^\./program\.rb:\d+:in .*$|^.*\(\w*(Error|Exception)\)$"
    own_memory_mb = 48
    own_cpu_seconds = 0.2

    def readable(self) -> Sequence[str]:
        """The worker."""
        return [str(_WORKER), "/var/lib/gems"]

    def worker(self) -> Sequence[str]:
        """Without gems, which it does not need."""
        return [os.path.realpath(self.tool("ruby")), "--disable=gems", str(_WORKER)]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker."""
        return [Finding(**found) for found in bench.ask(source=program)["findings"]]

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Parse, then run."""
        found = self.check(bench, test.source)
        if found:
            return found
        unit = test.sealed(_START, _END, ends=_OVER)
        command = (self.tool("ruby"), "--disable=did_you_mean,error_highlight", "./harness.rb")
        files = {"harness.rb": _HARNESS.read_text(), "program.rb": unit.text}
        return bench.execute(Step(command, files, stdin=unit.stdin, limits=test.limits))
