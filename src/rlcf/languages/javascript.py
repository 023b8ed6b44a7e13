"""JavaScript by Node.js: V8's own parser in a warm worker; tests in a new process each.

Only syntax is judged, as by `node --check`: names are not looked up before a program runs. A
program is a CommonJS module; one that is none but is an ECMAScript module (`import`, `export`,
`await` at the top level) is judged and run as such, together with its tests, as node does.
Tests find the npm packages that are installed in `node_folder()`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from rlcf.languages import npm
from rlcf.languages.bench import Bench, Finding, NoVerdictError, Sealed, Test
from rlcf.languages.classpath import folders
from rlcf.languages.language import Language, user_data
from rlcf.languages.positions import UNICODE
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step
from rlcf.settings import unknown

WORKER = Path(__file__).parent / "workers" / "node.js"
NODE = Tool("node", ("node", "nodejs"))
_HARNESS = Path(__file__).parent / "workers" / "harness.js"
_GENUINE = "process,typeof require=='function'?require:0"
START = f";globalThis.rlcf(0,{_GENUINE});"
END = f";globalThis.rlcf(1,{_GENUINE});"
"""Calls of the harness; nothing that the program has begun goes on behind the first semicolon."""


Kind = Literal["module", "commonjs"]


def kind_of(suffix: str) -> Kind | None:
    """What node and tsc take a file for by its extension alone, such as `.mjs`."""
    kinds: dict[str, Kind] = {"m": "module", "c": "commonjs"}
    return kinds.get(suffix[1:2].lower()) if re.fullmatch(r"\.[cm][jt]s", suffix, re.I) else None


def node_folder() -> str:
    """Where the npm packages for programs are: RLCF_NODE, else the user's data directory."""
    return os.environ.get("RLCF_NODE") or os.path.join(user_data(), "node")


def npm_install(*packages: str) -> str:
    """The command that installs them there."""
    return f"npm install --no-fund --no-audit --prefix {node_folder()} {' '.join(packages)}"


def run_node(language: JavaScript, bench: Bench, test: Test, unit: Sealed, module: bool) -> Answer:
    """Run a unit whose end counts when the event loop is empty."""
    places = (*map(Path, language.projects), Path(node_folder()))
    packages = [place for each in places for place in npm.packages_from(each)]
    heap = max(16, test.limits.memory_mb - language.own_memory_mb)
    flags = (f"--max-old-space-size={heap}", "--unhandled-rejections=strict", "--no-warnings")
    name, kind = ("program.mjs", "module") if module else ("program.js", "commonjs")
    return bench.execute(
        Step(
            (language.tool("node"), *flags, "harness.js", name, kind),
            files={"harness.js": _HARNESS.read_text(encoding="utf-8"), name: unit.text},
            environment={"NODE_PATH": ":".join(map(str, packages))},
            stdin=unit.stdin,
            limits=test.limits,
        )
    )


class JavaScript(Language):
    """JavaScript as CommonJS modules, or as ECMAScript ones where a program is one."""

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

    def __init__(self, kind: Kind | None = None, class_path: Sequence[str] = ()) -> None:
        """Judges programs as modules of one kind, or each as what it is.

        Its imports are looked up as if it stood in one of the folders of `class_path`.

        Raises:
            UserError: another kind, or an entry that does not exist.
        """
        if kind not in (None, *get_args(Kind)):
            raise unknown("kind of module", kind, get_args(Kind))
        self._kind = kind
        self.projects = folders(class_path)

    def readable(self) -> Sequence[str]:
        """The worker and the packages."""
        own = {place for each in self.projects for place in npm.readable_from(Path(each))}
        return [str(WORKER), node_folder(), *sorted(map(str, own))]

    def worker(self) -> Sequence[str]:
        """V8 in a warm process, with its parser of modules."""
        flags = ("--experimental-vm-modules", "--expose-internals", "--no-warnings")
        node = os.path.realpath(self.tool("node"))
        return [node, *flags, str(WORKER), self.name, node_folder(), *self.projects]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker."""
        return ask(bench, program, kind=self._kind).findings

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Parse the program, and both together; then run."""
        found = ask(bench, test.program, kind=self._kind).findings
        if found:
            return found
        both = ask(bench, test.source, kind=self._kind)
        if both.findings:
            return both.findings
        return run_node(self, bench, test, test.sealed(START, END), both.module)


@dataclass(frozen=True)
class Judged:
    """What the worker says of a program."""

    findings: list[Finding]
    module: bool
    """Whether it is an ECMAScript module, and not a CommonJS one."""
    code: str
    """What to run, if it was asked for."""


def ask(bench: Bench, source: str, **wanted: Any) -> Judged:
    """The worker's judgement.

    Raises:
        NoVerdictError: it has none.
    """
    answer = bench.ask(source=source, **wanted)
    if "broken" in answer:
        raise NoVerdictError(answer["broken"])
    found = [Finding(**found) for found in answer["findings"]]
    return Judged(found, bool(answer.get("module")), answer.get("code", ""))
