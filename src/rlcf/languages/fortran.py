"""Fortran by gfortran: free form, syntax and semantics; tests are linked with the harness of C."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from rlcf.builds import built
from rlcf.languages import native
from rlcf.languages.bench import Bench, Finding, Test, believed, scan
from rlcf.languages.language import Language
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Finished, Step, within

_SAID = (
    r"^(.*?):(\d+):(\d+)(?:-\d+)?: (?:Fatal )?(Error|Warning): "
    r"(?:\(1\)\n.*?: (?:Fatal )?(?:Error|Warning): )?(.*)$"  # its second place is in a second line
    r"|^f951: (?:Fatal )?Error: (.*)$|^.*: ((?:undefined reference|multiple definition).*)$"
)
_OURS = ("program.f90", "tests.f90")
_KEPT = ("--wildcard", *(f"--keep-global-symbol={name}" for name in ("*_", "__*_MOD_*", "main")))
"""What the linker sees of a program: what it binds to other names replaces nothing of a library."""
_MAIN = re.compile(r"^\s*program\s+\w+", re.IGNORECASE | re.MULTILINE)
_INTRINSIC = (
    "abs adjustl all any char count dble dot_product epsilon iachar index int lbound len len_trim "
    "matmul max maxval merge min minval mod nint norm2 product real shape size sum trim ubound"
)
"""What tests check with, and what a module that they use may not mean by it."""


class Fortran(Language):
    """The Fortran of gfortran."""

    name = "fortran"
    title = "Fortran"
    comment = "!"
    tools = (Tool("gfortran"), Tool("gcc"), Tool("objcopy"))
    install = "apt-get install gfortran gcc"
    columns = "bytes"
    line_directive = r"^#[ \t]+\d.*"
    mark_counts = False
    sample = Sample(
        good="integer function add(a, b)\n  integer, intent(in) :: a, b\n  add = a + b\nend\n",
        bad="integer function add(a, b)\n  integer, intent(in) :: a, b\n  add = a + [b,]\nend\n",
        tests="program tests\n  integer, external :: add\n"
        '  if (add(1, 2) /= 3) error stop "they are not equal"\nend program\n',
    )
    errors = (
        (ErrorClass.UNRESOLVED_NAME, r"no IMPLICIT type|not found|open module|undefined ref"),
        (ErrorClass.TYPE_MISMATCH, r"[Tt]ype mismatch|[Cc]onvert|Operand|[Rr]ank|[Aa]rgument"),
        (ErrorClass.SYNTAX, r"[Ss]yntax|Unclassifiable|Invalid character|[Ee]xpect|Unterminated"),
    )
    check_failure = r"^ERROR STOP"
    error_line = r"^(?:ERROR STOP|Fortran runtime error:|At line) .*$"
    own_memory_mb = 16

    def readable(self) -> Sequence[str]:
        """The harness."""
        return [str(self._built)]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """Everything but code."""
        step = self._gfortran({"program.f90": program}, "-fsyntax-only", "program.f90")
        return _findings(bench.tool(step).last, program)

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Compile apart, link with the harness, run."""
        if not _MAIN.search(test.tests):
            return [Finding("the tests have no main program")]
        program = {"program.f90": test.program}
        # Lines have the numbers that they have in both together.
        tests = {"tests.f90": "\n" * test.program.count("\n") + test.tests}
        linking: dict[str, str | bytes] = {**tests, "intrinsic.f90": _intrinsic(test)}
        linking[native.OBJECT] = native.Harness.of(self._built).object
        steps = (
            self._gfortran(program, "-c", "program.f90"),
            Step((self.tool("objcopy"), *_KEPT, "program.o")),
            self._gfortran(linking, *linking, "program.o", "-Wl,--wrap=main", "-o", "program"),
        )
        start = Step(("./program",), remove=tuple(linking), stdin=test.token, limits=test.limits)
        answer = bench.execute(*(within(step, bench.compile_limits) for step in steps), start)
        if len(answer.steps) > len(steps):
            return answer
        step = self._gfortran({**program, **tests}, *program, *tests, "-o", "program")
        found = _findings(bench.tool(step).last, test.source)
        changed = Finding("the program changes what its tests say")
        return found if any(one.severity == "error" for one in found) else [*found, changed]

    def _gfortran(self, files: Mapping[str, str | bytes], *words: str) -> Step:
        command = (self.tool("gfortran"), "-O0", "-fdiagnostics-plain-output", *words)
        return Step(command, files, processes=True)

    @cached_property
    def _built(self) -> Path:
        gcc, text = self.tool("gcc"), native.HARNESS.read_bytes()
        return built(self.name, (gcc, text), lambda to: native.build(gcc, to, "-DREAL_MAIN"))


def _findings(finished: Finished, source: str) -> list[Finding]:
    lines = source.encode("utf-8", "replace").split(b"\n")

    def finding(said: re.Match[str]) -> Finding:
        if said[1] is None:
            return Finding(said[6] or said[7])
        if said[1] not in _OURS:  # a line marker may name another file
            return Finding(said[5], severity=said[4].lower())
        line, column = int(said[2]), int(said[3])
        if word := re.search(rb"\w+$", b"".join(lines[line - 1 : line])[:column]):
            column = word.start() + 1  # gfortran points behind its beginning
        return Finding(said[5], "", line, column, severity=said[4].lower())

    return believed(finished, scan(_SAID, finished.err, finding))


def _intrinsic(test: Test) -> str:
    """Compiles if the modules that the tests use leave what they check with as it is."""
    checked = {*_INTRINSIC.split()} - {test.entry_point.lower()}
    used = checked & {*re.findall(r"\w+", test.tests.lower())}
    means = f"intrinsic :: {', '.join(sorted(used))}\n" if used else ""
    modules = "\n".join(re.findall(r"(?im)^\s*use\b.*$", test.tests.replace("&\n", " ")))
    return f"subroutine rlcf_intrinsic\n{modules}\n{means}end subroutine\n"
