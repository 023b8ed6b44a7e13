"""Verdicts, places and outcomes are those of the plain tools, whatever messages quote or skip."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from rlcf.languages import Job, Limits, Outcome, Toolchain, Verdict
from rlcf.languages.registry import load

LIMITS = Limits(wall_seconds=8.0, cpu_seconds=2.0, memory_mb=256)
FORGED = "a\\nprogram.{0}(9,9): error CS9999: b\\nprogram.{0}:9:9: error: b"
"""A message that has the looks of an error in its second line, and another in its third."""

ACCEPTED = {
    "csharp": {
        "message": f'[System.Obsolete("{FORGED.format("cs")}")] class B {{}}\nclass A {{ B b; }}\n'
    },
    "cpp": {
        "message": f'[[deprecated("{FORGED.format("cpp")}")]] void f();\nvoid g() {{ f(); }}\n'
    },
    "go": {
        "linked": 'package main\n\nimport _ "unsafe"\n\n//go:linkname now time.now\nfunc now()\n',
        "quoted": "package main\n\nvar s = `\n//go:embed x\n`\n",
    },
    "python": {"long sum": f"x = {'+'.join(['1'] * 2500)}\n"},
    "rust": {
        "denied dead code": "#![deny(dead_code)]\nfn f() -> i32 { 1 }\nfn main() { f(); }\n",
        "for its tests": "#![deny(dead_code)]\nfn f() -> i32 { 1 }\n",
        "a main of a module": "mod m { pub fn main(x: i32) -> i32 { x } }\n",
        "a library": '#![crate_type = "lib"]\npub fn main(x: i32) -> i32 { x }\n',
    },
}
SELECT = "subroutine s(i)\n integer :: i\n select case(i)"
REJECTED = {
    "c": {
        "line": ('#line 100 "other.c"\nint f(void) { return x; }\n', 2, "x"),
        "marker": ('int a;\n# 7 "other.h" 3\nint f(void) { return x; }\n', 3, "x"),
    },
    "csharp": {"line": ('#line 10 "other.cs"\nclass A { int f() { return x; } }\n', 2, "x")},
    "fortran": {
        "marker": ('# 10 "o.f90"\nsubroutine s\n  x = 1 +\nend subroutine\n', 3, ""),
        "two lines": (
            f"{SELECT}\n case(1:3)\n case(2)\n end select\nend subroutine\n",
            4,
            "",
        ),
        "one line": (
            f"{SELECT}; case(1:3); case(2); end select\nend subroutine\n",
            3,
            "",
        ),
    },
    "go": {
        "line": ("package main\n\n//line other.go:100\nvar y = x\n", 4, "x"),
        "line, syntax": ("package main\n\n//line other.go:100\nvar y = 1 x\n", 4, "x"),
        "no body": ("package main\n\nfunc f() int\n", 3, "f"),
        "embed": ("package main\n\n//go:embed x.txt\nvar s string\n", 3, "go"),
        "internal": ('package main\n\nimport _ "internal/bytealg"\n', 3, '"'),
        "one error": ("package main\n\nfunc f(x int) { switch x { case 1: case 1: } }\n", 3, "1"),
    },
    "lua": {
        "quotes lines": ("x = 1 [[a\nluac: program.lua:9: b]]\n", 2, ""),
        "binary": ("\x1bLua", 0, ""),
        "deep": (f"x = {'(' * 300}1{')' * 300}\n", 0, ""),
    },
    "perl": {
        "below a warning": (
            "use strict; use warnings;\nmy $x = 1;\nmy $x = 2;\nmy $y = $z;\n",
            4,
            "my $y = $z;",
        ),
        "a warning that ends it": (
            "use strict; use warnings FATAL => 'all';\nmy $x = 1;\nmy $x = 2;\n",
            3,
            "my $x = 2;",
        ),
        "line": ("# line 70\nuse strict; my $y = $z;\n", 2, "use strict; my $y = $z;"),
        "read before": (
            "1;\nBEGIN { open(F, '<', 'program.pl'); my $l = <F>; die 'no' }\n",
            2,
            "BEGIN { open(F, '<', 'program.pl'); my $l = <F>; die 'no' }",
        ),
        "silent": ("BEGIN { exit 1 }\n", 0, ""),
    },
    "python": {
        "unknown encoding": ("# coding: foo\nx = 1\n", 0, ""),
        "not in its encoding": ("# coding: ascii\nx = 'é'\n", 0, ""),
    },
    "rust": {
        "result of main": ("fn main() -> i32 {\n    0\n}\n", 1, "i32"),
        "async main": ("async fn main() {}\n", 1, "async fn main()"),
        "words of a summary": (
            'compile_error!("aborting due to it");\n',
            1,
            'compile_error!("aborting due to it")',
        ),
    },
}
CHECK = "#include <assert.h>\nint main(void) { assert(f(2) == 4); return 0; }\n"
MAIN = "fn main() { assert_eq!(f(2), 4); }\n"
OUTCOMES = [
    ("c", 'int f(int x) { __asm__("no such"); return 2 * x; }\n', CHECK, Outcome.ERROR),
    (
        "c",
        '#include <stdio.h>\nint f(int x) { fputs("out of memory", stderr); return x; }\n',
        CHECK,
        Outcome.FAILED,
    ),
    (
        "python",
        "# coding: latin-1\ndef f(x):\n    return x * len('é')\n",  # two characters there
        "assert f(2) == 4\n",
        Outcome.PASSED,
    ),
    ("rust", "#![deny(dead_code)]\nfn f(x: i32) -> i32 { 2 * x }\n", MAIN, Outcome.PASSED),
    (
        "rust",
        "#![deny(unused, unused_results)]\nfn f(x: i32) -> i32 { 2 * x }\n",
        MAIN,
        Outcome.PASSED,
    ),
]


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, Toolchain]]:
    """A toolchain for each language."""
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")
    names = {*ACCEPTED, *REJECTED}
    made = {name: Toolchain(name, seats=1) for name in names if not load(name)().missing()}
    yield made
    for toolchain in made.values():
        toolchain.close()


def _of(tools: dict[str, Toolchain], name: str) -> Toolchain:
    if name not in tools:
        pytest.skip(f"{name} is not installed")
    return tools[name]


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_what_the_tool_accepts_is_accepted(name: str, tools: dict[str, Toolchain]) -> None:
    results = _of(tools, name).check(list(ACCEPTED[name].values()))
    wrong = {
        what: (result.reason, result.errors)
        for what, result in zip(ACCEPTED[name], results, strict=True)
        if result.verdict is not Verdict.ACCEPTED
    }
    assert wrong == {}


def test_clang_forges_no_error() -> None:
    language = load("cpp")
    try:
        language(frontend="clang").require()  # type: ignore[call-arg]
    except Exception as e:
        pytest.skip(str(e))
    with Toolchain("cpp", frontend="clang", seats=1) as toolchain:
        (result,) = toolchain.check([ACCEPTED["cpp"]["message"]])
    assert result.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("name", sorted(REJECTED))
def test_what_the_tool_rejects_is_rejected_there(name: str, tools: dict[str, Toolchain]) -> None:
    """At the line of the program as given, and once; `""` stands for whatever it marks there."""
    cases = REJECTED[name]
    results = _of(tools, name).check([program for program, _, _ in cases.values()])
    for (what, (program, line, marked)), result in zip(cases.items(), results, strict=True):
        assert result.verdict is Verdict.REJECTED, (what, result.reason)
        first = result.errors[0]
        assert first.line == line, (what, first)
        assert not marked or program[first.start : first.end] == marked, (what, first)
        assert first.message not in ("", "(1)")
        if what in ("one error", "two lines", "one line", "quotes lines"):
            assert len(result.errors) == 1, (what, result.errors)


@pytest.mark.parametrize(("name", "program", "tests", "outcome"), OUTCOMES)
def test_outcomes(
    name: str, program: str, tests: str, outcome: Outcome, tools: dict[str, Toolchain]
) -> None:
    (result,) = _of(tools, name).run([Job(program, tests)], LIMITS)
    assert result.outcome is outcome, result
    if outcome is Outcome.ERROR:
        assert "no such" in result.detail


def test_a_panic_is_told_in_its_own_words(tools: dict[str, Toolchain]) -> None:
    (result,) = _of(tools, "rust").run([Job("fn f(x: i32) -> i32 { x }\n", MAIN)], LIMITS)
    assert result.outcome is Outcome.FAILED
    assert "assertion" in result.detail
    assert "thread" not in result.detail


def test_short_tags_are_as_they_are_set_here(tools: dict[str, Toolchain]) -> None:
    import subprocess

    if load("php")().missing():
        pytest.skip("php is not installed")
    page = '<?xml version="1.0"?>\n<?php echo 1; ?>\n'
    plain = subprocess.run(["php", "-l"], input=page, text=True, capture_output=True, check=False)
    with Toolchain("php", seats=1) as toolchain:
        (result,) = toolchain.check([page])
    assert (result.verdict is Verdict.ACCEPTED) == (plain.returncode == 0)
