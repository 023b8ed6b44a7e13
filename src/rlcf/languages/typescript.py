"""TypeScript by the compiler's language service, warm; tests in a new Node.js process each.

Options are the compiler's defaults (not `strict`), ES2022, CommonJS; every program is a module,
so that its names do not clash with those of the libraries. One with `await` at its top level or
`import.meta` is an ECMAScript module, as with `--module es2022`. Needs typescript 5.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.bench import Bench, Finding, Sealed, Test
from rlcf.languages.javascript import (
    END,
    NODE,
    START,
    JavaScript,
    ask,
    node_folder,
    npm_install,
    run_node,
)
from rlcf.languages.spec import Sample, version_of
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer

PACKAGES = ("typescript@5.9", "@types/node@20", "lodash@4")


class TypeScript(JavaScript):
    """TypeScript 5."""

    name = "typescript"
    title = "TypeScript"
    tools = (NODE,)
    install = npm_install(*PACKAGES)
    sample = Sample(
        good="const add = (a: number, b: number): number => a + b;\n",
        bad="const add = (a: number, b: number): string => a + b;\n",
        tests=(
            "import * as assert from 'assert'\n"
            "assert.deepEqual(add(1, 2), 3, 'they are not equal');\n"
        ),
    )
    errors = (
        (ErrorClass.SYNTAX, r"^TS1\d\d\d:"),
        (
            ErrorClass.UNRESOLVED_NAME,
            r"^TS(2304|2305|2307|2339|2503|2550|2551|2552|2580|2583|2663)",
        ),
        (ErrorClass.MISSING_RETURN, r"^TS(2355|2366|7030)"),
        (ErrorClass.UNINITIALISED, r"^TS2454"),
        (ErrorClass.UNREACHABLE, r"^TS7027"),
        (ErrorClass.TYPE_MISMATCH, r"^TS(23[1-7]\d|24\d\d|25[3-5]\d|27[3-7]\d|180\d\d)"),
    )
    compile_memory_mb = 1536

    def missing(self) -> str:
        """Node.js, or the packages."""
        modules = os.path.join(node_folder(), "node_modules")
        if self.find(NODE) is None:
            return "node not found"
        for package in ("typescript", "@types/node"):
            if not os.path.isdir(os.path.join(modules, package)):
                return f"npm package {package} not found in {modules}"
        # From 7 on the package has no language service that a program could call.
        found = json.loads(Path(modules, "typescript", "package.json").read_bytes())["version"]
        return "" if found.startswith("5.") else f"typescript {found} in {modules}: it must be 5"

    def versions(self) -> list[str]:
        """Node's and the compiler's."""
        tsc = os.path.join(node_folder(), "node_modules", ".bin", "tsc")
        return [*super().versions(), f"typescript: {version_of(tsc, NODE)}"]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """Syntax and types, by the worker."""
        return ask(bench, program, kind=self._kind).findings

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Check and translate, then run."""
        mark = secrets.token_hex(16)  # finds the calls in what the compiler makes of the unit
        start, end = (call.replace(");", f',"{mark}");') for call in (START, END))
        unit = test.sealed(start, end).text
        for source, wanted in ((test.program, ""), (test.source, unit)):
            both = ask(bench, source, unit=wanted, kind=self._kind)
            if any(finding.severity == "error" for finding in both.findings):
                return both.findings
        return run_node(self, bench, test, _sealed(both.code, test.token, mark), both.module)


def _sealed(code: str, token: str, mark: str) -> Sealed:
    """The translated unit."""
    calls = re.finditer(rf"globalThis\.rlcf\([^;\"]*\"{mark}\"", code)
    before = (len(code[: call.start()].encode("utf-8", "replace")) for call in calls)
    return Sealed(code, "\n".join((token, *map(str, before))) + "\n")
