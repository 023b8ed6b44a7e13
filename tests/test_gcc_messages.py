"""What GCC and clang say of headers, below warnings and with odd line ends, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rlcf.languages import CompileResult, Toolchain, Verdict, registry
from rlcf.text import first_line, lines_of

FRONTENDS = ("gcc", "clang")

CAUSED = {
    "a key without a hash, all headers": (
        (
            "#include <bits/stdc++.h>\nint main() {\n"
            "  std::unordered_map<std::vector<int>, int> m;\n}\n"
        ),
        3,
    ),
    "a container that has no random access": (
        (
            "#include <algorithm>\n#include <set>\nvoid f() {\n  std::set<int> s;\n"
            "  std::sort(s.begin(), s.end());\n}\n"
        ),
        5,
    ),
    "a key without an order": (
        (
            "#include <set>\nstruct K { int v; };\nstd::set<K> keys;\nvoid f() {\n"
            "  keys.insert(K{1});\n}\n"
        ),
        5,
    ),
    "a template of the program in between": (
        (
            "#include <memory>\nstruct A { A(int); };\ntemplate <class T> void make() {\n"
            "  std::make_shared<T>();\n}\nvoid f() {\n\n  make<A>();\n}\n"
        ),
        8,
    ),
    "a copy of what cannot be copied": (
        (
            "#include <memory>\n#include <vector>\nvoid f() {\n"
            "  std::vector<std::unique_ptr<int>> a(2);\n  auto b = a;\n}\n"
        ),
        5,
    ),
}
"""C++ -> the program, and the line that compilers say led to the error in a header."""


@pytest.fixture(scope="module", params=FRONTENDS)
def frontend(request: pytest.FixtureRequest) -> Iterator[dict[str, Toolchain]]:
    """A compiler of C and one of C++, by the same front end."""
    made = {}
    for name in ("c", "cpp"):
        make: Any = registry.load(name)
        language = make(frontend=request.param)
        if language.missing():
            pytest.skip(language.missing())
        made[name] = Toolchain(name, seats=1, frontend=request.param)
    yield made
    for compiler in made.values():
        compiler.close()


def _rejected(compiler: Toolchain, program: str) -> CompileResult:
    result = compiler.check([program])[0]
    assert result.verdict is Verdict.REJECTED, result
    return result


@pytest.mark.parametrize("name", sorted(CAUSED))
def test_errors_inside_headers_stand_where_the_program_caused_them(
    name: str, frontend: dict[str, Toolchain]
) -> None:
    program, line = CAUSED[name]
    errors = _rejected(frontend["cpp"], program).errors
    assert errors[0].line == line, [(e.line, e.message) for e in errors]
    text = program.split("\n")[line - 1]
    assert text.strip()
    assert program[errors[0].start : errors[0].end] in text
    assert all(error.line > 0 for error in errors)


def test_errors_of_an_included_file_stand_at_the_include(
    frontend: dict[str, Toolchain],
) -> None:
    """The program contradicts a header: what led there is the `#include`."""
    program = "typedef int ldiv_t;\n\n#include <stdlib.h>\nint y;\n"
    assert _rejected(frontend["c"], program).errors[0].line == 3


def test_errors_below_a_warning_are_errors(frontend: dict[str, Toolchain]) -> None:
    """GCC lists what comes up while a warning is open as the warning's child."""
    late = 'int a;\nchar *s = "what??!";\nint f(void) { return absent; }\n'
    continued = "int f(void) {\n  int a = 1; \\ \n  return a + absent;\n}\n"
    for program, line in ((late, 3), (continued, 3)):
        errors = _rejected(frontend["c"], program).errors
        assert [e.line for e in errors] == [line]
        assert program[errors[0].start : errors[0].end] == "absent"


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0c", "\x1c"])
def test_messages_are_cut_at_line_feeds_only(end: str, frontend: dict[str, Toolchain]) -> None:
    """A message that quotes such a character is still one message with all of its parts."""
    program = f'#warning a{end}b\nint f(void) {{ return absent; }}\n#error "c{end}d"\n'
    result = _rejected(frontend["c"], program)
    assert [e.line for e in result.errors] == [2, 3] or [e.line for e in result.errors] == [3, 2]
    assert "absent" in {program[e.start : e.end] for e in result.errors}


def test_lines_of_tools() -> None:
    assert lines_of("a\u2028b\r\nc\x85\n") == ["a\u2028b", "c\x85"]
    assert lines_of("") == [""]
    assert first_line("\n  a\u2028b \nc") == "a\u2028b"
    assert first_line(" \n") == ""
