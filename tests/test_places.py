"""Places of diagnostics: what ends a line, and whether a byte order mark counts, by each compiler.

Each program has a comment or a string with one kind of line end in it, and then a wrong word. The
table is held against the plain tools as well, by one program with all kinds of ends.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from rlcf.errors import UserError
from rlcf.languages import Job, Limits, Outcome, Toolchain
from rlcf.languages.javascript import node_folder
from rlcf.languages.jvm.jdk import find_jdk
from rlcf.languages.open_types import closers
from rlcf.languages.positions import LF, LF_CR, LF_CR_PAIRS, MARK, UNICODE, Lines
from rlcf.languages.registry import load
from rlcf.languages.verdict import CompileResult, Verdict

ENDS = {
    "none": "",
    "LF": "\n",
    "CR LF": "\r\n",
    "CR": "\r",
    "LF CR": "\n\r",
    "VT": "\v",
    "FF": "\f",
    "FS": "\x1c",
    "NEL": "\x85",
    "LS": "\u2028",
    "PS": "\u2029",
}
INSIDE = {"tab": "\t", "letters": "é漢", "astral": "😀", "mixed": "\n\t😀\té \t"}
"""Before the wrong word, in its line."""


@dataclass(frozen=True)
class Case:
    """A language's program, and how its compiler counts."""

    program: str
    """An @ stands for what ends a line, or does not."""
    ends: str
    plain: str
    """The plain tool, `FILE` its argument."""
    line: str
    """Finds the line in what the tool says."""
    word: str = "missing"
    """What is wrong; empty where the compiler tells no more than the line."""
    mark: str = "accepted"
    """The verdict on a right program that begins with a byte order mark."""
    extension: str = ""


CASES = {
    "c": Case("/* a@b */ int x = missing;", LF_CR, "gcc -fsyntax-only FILE", r"c:(\d+):\d+: error"),
    "cpp": Case(
        "/* a@b */ int x = missing;", LF_CR, "g++ -fsyntax-only FILE", r"cpp:(\d+):\d+: error"
    ),
    "csharp": Case(
        "/* a@b */ class A { int x = missing; }",
        UNICODE,
        "mcs -target:library FILE",
        r"\((\d+),\d+\): error",
        extension="cs",
    ),
    "go": Case(
        "package main\n/* a@b */ var x = missing",
        LF,
        "go tool compile -p main FILE",
        r"go:(\d+):",
    ),
    "java": Case(
        "/* a@b */ class A { int x = missing; }",
        LF_CR,
        "JAVAC -d . FILE",
        r"java:(\d+): error",
        mark="rejected",
    ),
    "javascript": Case(
        "/* a@b */ let x = ;", UNICODE, "node --check FILE", r"js:(\d+)", word=";", extension="js"
    ),
    "kotlin": Case(
        "/* a@b */ val x = missing", LF_CR, "KOTLINC -d . FILE", r"kt:(\d+):", extension="kt"
    ),
    "lua": Case("--[[ a@b ]] b = )", LF_CR_PAIRS, "LUAC -p FILE", r"lua:(\d+):", word=""),
    "perl": Case(
        "use strict; my $a = 'a@b'; $missing = 1;",
        LF,
        "perl -c FILE",
        r"line (\d+)\.",
        word="",
        extension="pl",
    ),
    "php": Case("<?php /* a@b */ $b = );", LF_CR, "php -n -l FILE", r"on line (\d+)", word=""),
    "python": Case(
        "a = '''a@b'''; b = missing",
        LF_CR,
        "PYTHON -m pyflakes FILE",
        r"py:(\d+):",
        extension="py",
    ),
    "ruby": Case(
        "a = 'a@b'; b = )", LF, "ruby -c FILE", r"rb:(\d+): syntax", word=")", extension="rb"
    ),
    "rust": Case(
        "/* a@b */ pub fn f() -> i32 { missing }",
        LF,
        "rustc --crate-type=lib --emit=metadata -o x FILE",
        r"rs:(\d+):",
        extension="rs",
    ),
    "scala": Case(
        "/* a@b */ class A { val x = missing }",
        LF_CR,
        "scalac -d . FILE",
        r"scala:(\d+): error",
        mark="rejected",
    ),
    "typescript": Case(
        "/* a@b */ let x = missing;",
        UNICODE,
        "TSC --noEmit FILE",
        r"ts\((\d+),\d+\): error",
        extension="ts",
    ),
}
GOOD_JAVA = "class A { static int one() { return 1; } }\n"


def need(name: str, **options: str) -> None:
    """Skip where a language's tools are absent."""
    try:
        load(name)(**options).require()
    except UserError as e:
        pytest.skip(str(e))
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")


def check(name: str, programs: list[str], **options: str) -> list[CompileResult]:
    need(name, **options)
    with Toolchain(name, seats=1, **options) as toolchain:
        return toolchain.check(programs)


def lines_before(ends: str, text: str) -> int:
    return len(re.findall(ends, text))


def assert_places(name: str, marks: tuple[str, ...], **options: str) -> None:
    """Every diagnostic lies on the wrong word, in the line that the tool has it in."""
    case = CASES[name]
    kinds = {**ENDS, **INSIDE} if case.word else ENDS
    programs = {
        (kind, mark): mark + case.program.replace("@", text)
        for kind, text in kinds.items()
        for mark in marks
    }
    wrong = {}
    results = check(name, list(programs.values()), **options)
    for (kind, mark), program, result in zip(programs, programs.values(), results, strict=True):
        assert result.verdict is Verdict.REJECTED, (kind, result)
        found = result.errors[0]
        at = program.rindex(case.word or "=")
        start = max((m.end() for m in re.finditer(case.ends, program[:at])), default=0)
        if not case.word:  # the whole line, without blanks and mark
            at = start + len(mark if start == 0 else "")
            at += len(program[at:]) - len(program[at:].lstrip())
        expected = (1 + lines_before(case.ends, program[:at]), at - start + 1, at)
        if (found.line, found.column, found.start) != expected:
            wrong[kind, mark] = (found, expected)
    assert wrong == {}


@pytest.mark.parametrize("name", CASES)
def test_places_are_the_compilers_in_the_program_as_given(name: str) -> None:
    assert_places(name, ("", MARK) if CASES[name].mark == "accepted" else ("",))


@pytest.mark.parametrize(
    ("name", "options"), [("c", {"frontend": "clang"}), ("cpp", {"frontend": "clang"})]
)
def test_places_of_clang(name: str, options: dict[str, str]) -> None:
    assert_places(name, ("", MARK), **options)


@pytest.mark.parametrize("types", ["mypy", "ty"])
def test_places_of_types(types: str) -> None:
    programs = [
        mark + f"a = '''a{end}b'''; b: int = 'c'\n" for end in ENDS.values() for mark in ("", MARK)
    ]
    for program, result in zip(programs, check("python", programs, types=types), strict=True):
        found = result.errors[0]
        if types == "ty" or program.removeprefix(MARK).isascii():
            assert program[found.start : found.end] == "'c'", result
        assert found.line == 1 + lines_before(LF_CR, program[: program.index("'c'")])


@pytest.mark.parametrize("name", CASES)
def test_a_byte_order_mark_is_taken_as_the_plain_tool_takes_it(name: str) -> None:
    good = GOOD_JAVA if name == "java" else load(name).sample.good
    (result,) = check(name, [MARK + good])
    assert result.verdict == CASES[name].mark, result


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n].mark == "accepted"])
def test_a_marked_program_with_carriage_returns_runs(name: str) -> None:
    need(name)
    sample = load(name).sample
    crlf = sample.good.replace("\n", "\r\n")
    jobs = [Job(MARK + text, sample.tests, sample.entry_point) for text in (sample.good, crlf)]
    runner = Toolchain(name, seats=1)
    try:
        results = runner.run(jobs, Limits(cpu_seconds=5.0))
    finally:
        runner.close()
    assert [r.outcome for r in results] == [Outcome.PASSED] * 2, results


@pytest.mark.parametrize("name", CASES)
def test_plain_tools_count_lines_so(name: str, tmp_path: Path) -> None:
    """One program with all kinds of ends, some of which the tool counts."""
    need(name)
    case = CASES[name]
    text = "".join(
        f"{letter}{end}" for letter, end in zip("abcdefghijk", ENDS.values(), strict=True)
    )
    program = case.program.replace("@", text)
    file = tmp_path / f"program.{case.extension or name}"
    file.write_bytes(program.encode())
    done = subprocess.run(
        plain_command(name, file.name),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=False,
    )
    said = re.search(case.line, done.stdout + done.stderr)
    assert said, done
    before = program[: program.rindex(case.word or "=")]
    assert int(said[1]) == 1 + lines_before(case.ends, before)


def plain_command(name: str, file: str) -> list[str]:
    """The command, or a skip where only rlcf's own way to the compiler is installed."""
    words = CASES[name].plain.replace("FILE", file).split()
    if words[0] == "KOTLINC":
        path = ":".join(load(name)().compiler_jars())  # type: ignore[attr-defined]
        return [
            find_jdk().java,
            "-cp",
            path,
            "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
            *words[1:],
        ]
    tools = {"PYTHON": sys.executable, "TSC": os.path.join(node_folder(), "node_modules/.bin/tsc")}
    if words[0] == "JAVAC":
        tools["JAVAC"] = find_jdk().javac
    if words[0] == "LUAC":
        tools["LUAC"] = load(name)().tool("luac")
    command = tools.get(words[0]) or shutil.which(words[0])
    if command is None:
        pytest.skip(f"{words[0]} not found")
    return [command, *words[1:]]


def test_csharp_columns_that_mcs_does_not_know() -> None:
    """It says 255+ there: the line is known, the verdict too."""
    program = "class A {\n  " + " " * 300 + "int x = missing;\n}\n"
    (result,) = check("csharp", [program])
    assert result.verdict is Verdict.REJECTED, result.reason
    found = result.errors[0]
    assert (found.line, program[found.start : found.end]) == (2, "int x = missing;")


def test_perl_tells_the_line() -> None:
    """Also where messages name the file that was read last; none is of lines that we added."""
    programs = [
        "use strict;\n$missing = 1;\n",
        "use strict;\nuse Nonesuch;\n",
        "my $x = 1;\nfoo(;\n",
        "my $x = 1;\nmy $y = 'abc\n",
    ]
    for program, result in zip(programs, check("perl", programs), strict=True):
        assert {found.line for found in result.errors} == {2}, (program, result)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_perl_ends_where_it_says(end: str) -> None:
    """Nothing after `__END__` is looked at, whatever ends its line."""
    (result,) = check("perl", [end.join(("my $x = 1;", "__END__", "no perl (((", ""))])
    assert result.verdict is Verdict.ACCEPTED, result


def test_open_types_know_where_comments_end() -> None:
    assert closers("class A { // }\r void f() { }", UNICODE) == "\n}"
    assert closers("class A { // \u2028 }", UNICODE) == ""
    assert closers("class A { // \u2028 }", LF_CR) == "\n}"


def test_lines() -> None:
    lines = Lines("\ufeffab\r\n\u2028 cd \n", UNICODE, mark_counts=False)
    assert lines.offset(1, 1) == 1
    assert lines.offset(1, 9) == 3, "a column never leaves its line"
    assert lines.span_of_text(1) == (1, 3)
    assert lines.span_of_text(2) == (5, 5)
    assert lines.span_of_text(3) == (7, 9)
    assert lines.span_of_text(9) == (11, 11)
    assert lines.place(7) == (3, 2)
