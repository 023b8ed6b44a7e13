"""JavaScript by Node.js: V8's own parser in a warm worker; tests in a new process each.

Only syntax is judged, as by `node --check`: names are not looked up before a program runs.
Tests find the npm packages that are installed in `node_folder()`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rlcf.compilers.base import ErrorClass
from rlcf.compilers.positions import UNICODE
from rlcf.languages.base import (
    Bench,
    Finding,
    Language,
    NoVerdictError,
    Sample,
    Test,
    Tool,
    user_data,
)
from rlcf.sandbox.cell import Answer, Step

WORKER = Path(__file__).parent / "workers" / "node.js"
NODE = Tool("node", ("node", "nodejs"))
_HARNESS = """'use strict';
const { readFileSync, openSync, writeSync, closeSync } = require('fs');
const token = readFileSync(0);
let ran = false;
process.once('beforeExit', () => {
  if (!ran || process.exitCode) return;
  const done = openSync('done', 'w');
  writeSync(done, token);
  closeSync(done);
});
require('./program.js');
ran = true;
"""


def node_folder() -> str:
    """Where the npm packages for programs are: RLCF_NODE, else the user's data directory."""
    return os.environ.get("RLCF_NODE") or os.path.join(user_data(), "node")


def npm_install(*packages: str) -> str:
    """The command that installs them there."""
    return f"npm install --no-fund --no-audit --prefix {node_folder()} {' '.join(packages)}"


def run_node(language: Language, bench: Bench, test: Test, program: str) -> Answer:
    """Run a program whose end counts when the event loop is empty."""
    heap = max(16, test.limits.memory_mb - language.own_memory_mb)
    return bench.execute(
        Step(
            (language.tool("node"), f"--max-old-space-size={heap}", "harness.js"),
            files={"harness.js": _HARNESS, "program.js": program},
            environment={"NODE_PATH": os.path.join(node_folder(), "node_modules")},
            stdin=test.token,
            limits=test.limits,
        )
    )


class JavaScript(Language):
    """JavaScript as CommonJS modules."""

    name = "javascript"
    title = "JavaScript"
    tools = (NODE,)
    install = "apt-get install nodejs npm"
    columns = "utf16"
    line_ends = UNICODE
    sample = Sample(
        good="function add(a, b) { return a + b; }\n",
        bad="function add(a, b { return a + b; }\n",
        tests="if (add(1, 2) !== 3) { throw new Error('they are not equal'); }\n",
    )
    errors: ClassVar[tuple[tuple[ErrorClass, str], ...]] = ((ErrorClass.SYNTAX, r"SyntaxError"),)
    check_failure = r"AssertionError"
    error_line = r"^(Uncaught |\w*)Error\b.*|^\[?\w*Error.*|^.*Maximum call stack.*"
    own_memory_mb = 96
    own_cpu_seconds = 0.3

    def readable(self) -> Sequence[str]:
        """The worker and the packages."""
        return [str(WORKER), node_folder()]

    def worker(self) -> Sequence[str]:
        """V8 in a warm process."""
        return [os.path.realpath(self.tool("node")), str(WORKER), self.name, node_folder()]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker."""
        return ask(bench, program)[0]

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Parse, then run."""
        found = self.check(bench, test.source)
        return found or run_node(self, bench, test, test.source)


def ask(bench: Bench, source: str, emit: bool = False) -> tuple[list[Finding], str]:
    """Findings, and the code to run if it was asked for."""
    answer = bench.ask(source=source, emit=emit)
    if "broken" in answer:
        raise NoVerdictError(answer["broken"])
    return [Finding(**found) for found in answer["findings"]], answer.get("code", "")
