"""The strict profile: what it finds, and what it lets pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlcf.errors import UserError
from rlcf.languages import Toolchain, Verdict
from rlcf.languages.verdict import Compiler

HEAD = "import java.util.*; class A { int f(int n, List<Integer> l) { "


@pytest.fixture(scope="module")
def strict() -> Iterator[Compiler]:
    compiler = Toolchain("java", profile="strict", seats=1)
    yield compiler
    compiler.close()


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ("int x = 1; return n;", "unused.variable", "x"),
        ("int x; return n;", "unused.variable", "x"),
        ("int x; x = 2; return n;", "value.never.read", "x"),
        ("int x = 0; x++; x += n; return n;", "value.never.read", "x"),
        ("for (int i = 0; n < 3; n++) { } return n;", "unused.variable", "i"),
        ("while (true) { n++; }", "endless.loop", "while"),
        ("for (;;) { for (;;) { break; } }", "endless.loop", "for"),
        ("do { n++; } while (1 < 2);", "endless.loop", "do"),
        ("while (true) { Runnable r = () -> { return; }; r.run(); }", "endless.loop", "while"),
        ("int i = 0; while (i < n) { l.add(1); } return i;", "endless.loop", "while"),
    ],
)
def test_found(strict: Compiler, body: str, code: str, text: str) -> None:
    program = f"{HEAD}{body} }} }}"
    result = strict.check([program])[0]
    assert result.verdict is Verdict.REJECTED
    assert [d.code for d in result.errors] == [f"rlcf.strict.{code}"]
    assert program[result.errors[0].start : result.errors[0].end] == text


@pytest.mark.parametrize(
    "body",
    [
        "return n;",
        "for (int x : l) n++; return n;",
        "int i = 0; while (i < n) { i++; } return i;",
        "while (true) { if (n++ > 3) return n; }",
        "out: for (;;) { for (;;) { break out; } } return n;",
        "while (true) { throw new RuntimeException(); }",
        "for (;;) { System.exit(0); }",
        "try { n++; } catch (RuntimeException e) { } return n;",
        "int[] a = new int[1]; a[0] = n; return n;",
        "int x = 0; return x++;",
        "while (!l.isEmpty()) { l.remove(0); } return n;",
    ],
)
def test_let_pass(strict: Compiler, body: str) -> None:
    result = strict.check([f"{HEAD}{body} }} }}"])[0]
    assert result.verdict is Verdict.ACCEPTED, result.diagnostics


def test_the_plain_profile_does_not_mind() -> None:
    compiler = Toolchain("java", seats=1)
    assert compiler.check([f"{HEAD}int x = 1; while (true) {{ }} }} }}"])[0].errors == ()
    compiler.close()
    with pytest.raises(UserError, match="known are javac, strict"):
        Toolchain("java", profile="loose")
