"""Python: the interpreter's own compiler and pyflakes in a warm worker; tests in a forked one.

The Python of programs is the one that rlcf runs in. Names that no scope defines are errors; types
are checked where asked for (`types="mypy"` or `types="ty"`, see `python_types`). Besides the
standard library programs have what lies in the folders of the class path.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from rlcf.languages.bench import Bench, Finding, NoVerdictError, Test
from rlcf.languages.classpath import folders
from rlcf.languages.language import Language
from rlcf.languages.positions import LF_CR, MARK, Lines
from rlcf.languages.python_types import CHECKERS
from rlcf.languages.python_types import ERRORS as TYPE_ERRORS
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step, python_paths
from rlcf.settings import unknown

_WORKER = Path(__file__).with_name("python_worker.py")
_LAST_DEF = re.compile(r"^def\s+(\w+)", re.MULTILINE)


class Python(Language):
    """Python 3, the version that runs rlcf."""

    name = "python"
    title = "Python"
    comment = "#"
    tools = (Tool("python", (sys.executable,)),)
    install = "pip install pyflakes"
    line_ends = LF_CR
    mark_counts = False
    sample = Sample(
        good="def add(a, b):\n    return a + b\n",
        bad="def add(a, b):\n    return a + c\n",
        tests="\n\ndef check(candidate):\n    assert candidate(1, 2) == 3\n",
        entry_point="add",
    )
    errors = (
        (ErrorClass.UNRESOLVED_NAME, r"^UndefinedName"),
        (ErrorClass.UNINITIALISED, r"^UndefinedLocal"),
        (ErrorClass.SYNTAX, r"Error:"),
        *TYPE_ERRORS,
    )
    check_failure = r"^(AssertionError|AssertionError: .*|Exception: .*)\Z"
    trace_line = r'File "[^"]*program\.py", line (\d+)'
    own_memory_mb = 32
    own_cpu_seconds = 0.0

    def __init__(self, types: str = "none", class_path: Sequence[str] = ()) -> None:
        """With `mypy`, `ty` or `none` for types; with folders of packages, which those do not read.

        Raises:
            UserError: another checker, or an entry that does not exist.
        """
        self.packages = folders(class_path)
        known = ("none", *CHECKERS)
        if types not in known:
            raise unknown("checker of types for Python", types, known)
        self.types = CHECKERS.get(types)
        if self.types is not None:
            self.install = f"pip install pyflakes {self.types.install}"

    def missing(self) -> str:
        """Only pyflakes and the checker of types can be."""
        if not find_spec("pyflakes"):
            return "pyflakes not found"
        return self.types.missing() if self.types else ""

    def prepare(self) -> None:
        """What mypy knows of the standard library."""
        if self.types:
            self.types.readable()

    def readable(self) -> Sequence[str]:
        """The worker, pyflakes, the interpreter itself; the checker of types and what it knows."""
        spec = find_spec("pyflakes")
        flakes = [str(Path(spec.origin).parent)] if spec and spec.origin else []
        types = self.types.readable() if self.types else ()
        return [str(_WORKER), *flakes, *types, *python_paths(), *self.packages]

    def worker(self) -> Sequence[str]:
        """Without site-packages; pyflakes comes by its folder."""
        spec = find_spec("pyflakes")
        folder = str(Path(spec.origin).parents[1]) if spec and spec.origin else ""
        boot = (
            "import sys, runpy; sys.path.append(sys.argv[1]); "
            "runpy.run_path(sys.argv[2], run_name='__main__')"
        )
        interpreter = str(Path(sys.executable).resolve())
        return [interpreter, "-I", "-S", "-B", "-c", boot, folder, str(_WORKER)]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker; by the checker of types what that has found nothing wrong with."""
        answer = bench.ask(source=program)
        if "broken" in answer:
            raise NoVerdictError(answer["broken"])
        # Columns without the mark, as the worker counts them.
        lines = Lines(program.removeprefix(MARK), self.line_ends)
        found = [_characters(lines, finding) for finding in answer["findings"]]
        if self.types and not any(f.severity == "error" for f in found):
            found += self.types.findings(bench, program.removeprefix(MARK))
        return found

    def run(self, bench: Bench, test: Test) -> Answer:
        """In a fork of the cell's interpreter; mxeval's `check(candidate)` is called here."""
        tests = test.tests
        called = re.search(r"^check\(", test.tests, re.MULTILINE)
        if re.search(r"^def check\(", test.tests, re.MULTILINE) and not called:
            defined = _LAST_DEF.findall(test.program)
            name = test.entry_point or (defined[-1] if defined else "")
            tests += f"\ncheck({name})\n"
        lines = len(re.findall(self.line_ends, test.program))
        if not test.program.endswith(("\n", "\r")) and not tests.startswith("\n"):
            lines += 1  # they begin in a line of their own
        task = {
            "program": test.program.removeprefix(MARK),
            "tests": tests,
            "lines": lines,
            "file": "program.py",
            "path": [*_library(), *self.packages],
        }
        files = {"program.py": test.program}
        step = Step(python=task, files=files, stdin=test.token, limits=test.limits)
        return bench.execute(step)


def _library() -> tuple[str, ...]:
    dynamic = [path for path in sys.path if path.endswith("lib-dynload")]
    return (*python_paths()[:1], *dynamic)


def _characters(lines: Lines, found: dict[str, object]) -> Finding:
    """pyflakes counts columns in bytes, the parser in characters."""
    counted_in_bytes = found.pop("bytes", False)
    finding = Finding(**found)  # type: ignore[arg-type]
    if not counted_in_bytes:
        return finding
    start = lines.offset(finding.line, finding.column, "bytes")
    return replace(finding, column=lines.place(start)[1])
