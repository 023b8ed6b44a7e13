"""Ruby: the interpreter's own compiler in a warm worker; tests in a new process each.

Only syntax is judged: Ruby looks names up when a program runs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rlcf.compilers.base import ErrorClass
from rlcf.languages.base import Bench, Finding, Language, Sample, Test, Tool
from rlcf.sandbox.cell import Answer, Step

_WORKER = Path(__file__).parent / "workers" / "ruby.rb"
_HARNESS = """token = STDIN.read
STDIN.reopen('/dev/null')
load './program.rb'
File.write('done', token)
"""


class Ruby(Language):
    """Ruby 2.6 or newer (MRI)."""

    name = "ruby"
    title = "Ruby"
    tools = (Tool("ruby"),)
    install = "apt-get install ruby"
    columns = "bytes"
    sample = Sample(
        good="def add(a, b)\n  a + b\nend\n",
        bad="def add(a, b)\n  a +\nend\n",
        tests="raise StandardError, 'not equal' if add(1, 2) != 3\n",
    )
    errors = ((ErrorClass.SYNTAX, r"^SyntaxError"),)
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
        command = (self.tool("ruby"), "--disable=did_you_mean,error_highlight", "harness.rb")
        files = {"harness.rb": _HARNESS, "program.rb": test.source}
        found = self.check(bench, test.source)
        return found or bench.execute(
            Step(command, files=files, stdin=test.token, limits=test.limits)
        )
