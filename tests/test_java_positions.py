"""Diagnostics point at the right characters, whatever the program is written in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlcf.languages import Verdict
from rlcf.languages.java import JavaCompiler, JavaOptions
from rlcf.languages.java.classes import error_class
from rlcf.languages.positions import LF_CR, Lines
from rlcf.languages.verdict import Diagnostic, ErrorClass


@pytest.fixture(scope="module")
def compiler() -> Iterator[JavaCompiler]:
    compiler = JavaCompiler(JavaOptions(workers=1))
    yield compiler
    compiler.close()


def only_error(compiler: JavaCompiler, program: str) -> Diagnostic:
    result = compiler.check([program])[0]
    assert result.verdict is Verdict.REJECTED
    assert len(result.errors) == 1, result.errors
    return result.errors[0]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "/* \U0001f600\U0001f600 */ ",
        "\t\t",
        "// one\r\n// two\r\n",
        "// one\r// two\r",
        "// ä 名 \U0001f600\n\n\t",
        'String s = "\U0001f600"; ',
        "char c = '\\u0041'; ",
        "/* \\u0041\\uuu0042 */ ",
        "\f ",
    ],
    ids=repr,
)
def test_the_span_is_the_name(compiler: JavaCompiler, before: str) -> None:
    program = f"class A {{ {before}int x = undefined; }}"
    error = only_error(compiler, program)
    assert program[error.start : error.end] == "undefined"
    lines = program[: error.start].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert (error.line, error.column) == (len(lines), len(lines[-1]) + 1)
    assert error.error_class is ErrorClass.UNRESOLVED_NAME


def test_an_error_at_the_end_lies_within_the_program(compiler: JavaCompiler) -> None:
    program = "class A {"
    error = only_error(compiler, program)
    assert error.code == "compiler.err.premature.eof"
    assert 0 <= error.start < error.end <= len(program)


def test_lone_surrogates_are_refused_where_they_stand(compiler: JavaCompiler) -> None:
    error = only_error(compiler, 'class A {\n  String s = "\ud800"; }')
    assert (error.line, error.column) == (2, 15)
    assert error.code == "compiler.err.illegal.char.for.encoding"


def test_all_errors_are_told_and_warnings_kept_apart(compiler: JavaCompiler) -> None:
    body = "".join(f"int a{i} = u{i};\n" for i in range(150))
    result = compiler.check([f"class A {{ {body} }}"])[0]
    assert len(result.errors) == 150
    warned = compiler.check(["class A { void f() { Thread.currentThread().stop(); } }"])[0]
    assert all(d.severity == "warning" for d in warned.diagnostics)
    assert warned.errors == ()


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("class A { int x = ; }", ErrorClass.SYNTAX),
        ("class A { Foo x; }", ErrorClass.UNRESOLVED_NAME),
        ('class A { int x = ""; }', ErrorClass.TYPE_MISMATCH),
        ("class A { int f() { } }", ErrorClass.MISSING_RETURN),
        ("class A { int f() { int x; return x; } }", ErrorClass.UNINITIALISED),
        ("class A { int f() { return 1; int x; } }", ErrorClass.UNREACHABLE),
        ("class A { void f() { throw new Exception(); } }", ErrorClass.UNREPORTED_EXCEPTION),
        ("class A {} class A {}", ErrorClass.OTHER),
    ],
)
def test_errors_have_their_class(
    compiler: JavaCompiler, program: str, expected: ErrorClass
) -> None:
    assert compiler.check([program])[0].errors[0].error_class is expected


def test_unknown_keys_are_other() -> None:
    assert error_class("compiler.err.no.such.key") is ErrorClass.OTHER
    assert error_class("compiler.err.expected4") is ErrorClass.SYNTAX


@settings(deadline=None)
@given(st.text(alphabet="ab\t\r\n\U0001f600é", max_size=60), st.data())
def test_positions_agree_with_a_count_by_hand(program: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(program)))
    units = len(program[:offset].encode("utf-16-le")) // 2
    positions = Lines(program, LF_CR)
    assert positions.of_utf16(units) == offset
    line, column = positions.place(offset)
    lines = program[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not (program[offset - 1 : offset] == "\r" and program[offset : offset + 1] == "\n"):
        assert (line, column) == (len(lines), len(lines[-1]) + 1)


@settings(deadline=None)
@given(st.text(max_size=30), st.integers(0, 40), st.integers(-1, 40))
def test_spans_lie_within_the_program(program: str, start: int, end: int) -> None:
    lines = Lines(program, LF_CR)
    first, last = lines.span(lines.of_utf16(start), lines.of_utf16(end))
    assert 0 <= first <= last <= len(program)
    assert last > first or not program
