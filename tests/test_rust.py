"""Rust as plain rustc has it: lints that deny by default, JSON lines, places inside the library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlcf.languages import Job, Outcome, Toolchain, Verdict
from rlcf.languages.registry import load

DENIED = {
    "overflowing_literals": "pub fn top() -> i8 {\n    200\n}\n",
    "bindings_with_variant_name": "pub enum Way { Up, Down }\npub fn up(w: Way) -> bool {\n"
    "    match w {\n        Up => true,\n    }\n}\n",
    "invalid_value_of_a_shift": "#![deny(unused_variables)]\npub fn f() {\n    let x = 1;\n}\n",
    "forbidden": "#![forbid(unsafe_code)]\npub fn f(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n",
}
"""Name -> a program that plain rustc refuses because of a lint."""


@pytest.fixture(scope="module")
def compiler() -> Iterator[Toolchain]:
    rust = load("rust")()
    if rust.missing():
        pytest.skip(f"rust: {rust.missing()}")
    made = Toolchain("rust", seats=1)
    yield made
    made.close()


@pytest.mark.parametrize("name", sorted(DENIED))
def test_lints_that_deny_reject(name: str, compiler: Toolchain) -> None:
    assert compiler.check([DENIED[name]])[0].verdict is Verdict.REJECTED


def test_lints_that_warn_do_not(compiler: Toolchain) -> None:
    result = compiler.check(["pub fn f() {\n    let x = 1;\n}\nfn helper() {}\n"])[0]
    assert result.verdict is Verdict.ACCEPTED
    assert [d.severity for d in result.diagnostics] == ["warning"]


def test_lints_of_code_deny_with_tests() -> None:
    """An index that is always out of bounds is found when code is made, and refused then."""
    rust = load("rust")()
    if rust.missing():
        pytest.skip(f"rust: {rust.missing()}")
    runner = Toolchain("rust", seats=1)
    program = (
        "fn third(i: usize) -> i32 {\n    let a = [1, 2];\n    if i > 9 { a[2] } else { 0 }\n}\n"
    )
    result = runner.run([Job(program, "fn main() {\n    assert_eq!(third(0), 0);\n}\n")])[0]
    runner.close()
    assert result.outcome is Outcome.ERROR
    assert result.compile is not None
    assert result.compile.verdict is Verdict.REJECTED


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0c", "\x1c"])
def test_json_is_cut_at_line_feeds_only(end: str, compiler: Toolchain) -> None:
    bad = f'pub fn f() -> usize {{\n    "a{end}b".len() + absent\n}}\n'
    good = f'pub fn f() -> usize {{\n    let x = 1; "a{end}b".len()\n}}\n'
    first, second = compiler.check([bad, good])
    assert first.verdict is Verdict.REJECTED
    assert bad[first.errors[0].start : first.errors[0].end] == "absent"
    assert second.verdict is Verdict.ACCEPTED
