"""Native programs and their tests: the harness, and the seam between a program in C and its tests.

The harness (`workers/harness.c`) is an object that is linked with both. Its names are random in
each run, so that only the lines which are added behind the tests can call it. In C and C++ the
tests are a file of their own that the program's last line includes: no comment, string or condition
that a program leaves open reaches into it, and no macro of the program that could change what it
says.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlcf.builds import command
from rlcf.languages.bench import Test

HARNESS = Path(__file__).parent / "workers" / "harness.c"
OBJECT = "harness.o"
STANDARD = "standard.txt"
HEADERS = (
    *("assert.h", "complex.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h"),
    *("limits.h", "locale.h", "math.h", "setjmp.h", "signal.h", "stdarg.h", "stdbool.h"),
    *("stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h", "time.h"),
    *("unistd.h", "wchar.h", "wctype.h"),
)
"""Those of C, and what every system that we know has."""
COMPARISONS = frozenset(("memcmp", "bcmp", "strcmp", "strncmp"))
"""Functions of the library by which tests compare, and which a program may not replace for them."""
_ZEROS = b"0" * 32
_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.[^'\n]*|[^'\\\n])'|[{}]", re.DOTALL
)
_SEMICOLON = re.compile(r"\s*;")
_SPLICE = re.compile(r"\\[ \t]*\n")
_COMMENT = re.compile(r"//.*|/\*.*?\*/")
_DEFINE = re.compile(r"define(?:\s|/\*.*?\*/)+(\w+)(\([^)\n]*\))?([^\n]*)", re.DOTALL)
_VALUE = re.compile(r"\s*(?:\"[^\"]*\"|[\w\s.:<>*&+/%-]*)\s*")
NESTED = r"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*"
"""What stands between two parentheses, as deep as anyone writes."""
_GROUP = re.compile(rf"\s*\({NESTED}\)\s*")
_STRUCTURE = re.compile(
    r"[;{}#]|\b(?:return|goto|break|continue|throw|co_\w+|_?[eE]xit|quick_exit|abort|longjmp|asm"
    r"|if|else|while|for|do|switch|case|default|__\w+|_[A-Z]\w*)\b"
)
_EXIT = re.compile(r"\bexit\s*\(")
_INCLUDE = re.compile(r"#\s*include\b")
_STDLIB = re.compile(r"#\s*include\s*<stdlib\.h>")
_ABORT = re.compile(r"\babort\s*\(")
KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
    auto bool break case catch char class const constexpr continue decltype default delete do
    double else enum explicit extern false final float for friend goto if inline int long main
    mutable namespace new noexcept nullptr operator private protected public register restrict
    return short signed sizeof static static_assert static_cast struct switch template this throw
    true try typedef typeid typename typeof union unsigned using virtual void volatile while and
    or not xor asm _Bool _Generic _Static_assert _Noreturn NDEBUG __assert_fail
    """,
    )
)
"""Words of the language and of its checks, which no macro of a program means for its tests."""


@dataclass(frozen=True)
class Standard:
    """What a language's standard headers know."""

    names: frozenset[str]
    """Every word that they use."""
    macros: dict[str, str]
    """By name, what follows `#define`."""

    @classmethod
    def of(cls, folder: Path) -> Standard:
        """From what `build_standard` made."""
        text = (folder / STANDARD).read_text(encoding="utf-8", errors="replace")
        macros = {
            m[1]: m[1] + m[2] for m in re.finditer(r"^#define (\w+)(.*)$", text, re.MULTILINE)
        }
        names = re.findall(r"\b[A-Za-z_]\w*", re.sub(r"^#.*$", "", text, flags=re.MULTILINE))
        return cls(frozenset(names), macros)


@dataclass(frozen=True)
class Harness:
    """The harness under names of one run."""

    word: str
    """What its names end in."""
    object: bytes

    @classmethod
    def of(cls, folder: Path, name: str = OBJECT) -> Harness:
        """From the object that `build` made, with a new word."""
        word = secrets.token_hex(16)
        return cls(word, (folder / name).read_bytes().replace(_ZEROS, word.encode()))


def build(compiler: str, folder: Path, *more: str, name: str = OBJECT) -> None:
    """Put the harness's object there."""
    words = ("-x", "c", "-O1", "-fPIC", "-w", *more, "-c", str(HARNESS), "-o", name)
    command(compiler, *words, cwd=folder)


def build_standard(compiler: Sequence[str], extension: str, header: str, folder: Path) -> None:
    """Put there what the standard headers, and this one, know."""
    includes = (f"#include <{name}>\n" for name in (*HEADERS, header) if name)
    (folder / f"standard.{extension}").write_text("".join(includes))
    words = ("-E", "-dD", "-P", f"standard.{extension}", "-o", STANDARD)
    command(*compiler, *words, cwd=folder)


def files(
    test: Test, extension: str, harness: Harness, standard: Callable[[], Standard]
) -> dict[str, str | bytes]:
    """Program, tests and harness as files; `program.<extension>` includes the tests."""
    at = closed(test.tests)
    program, tests = test.program + test.tests[:at], test.tests[at:]
    line = program.count("\n") + 1
    name = f"program.{extension}"
    inside = f"{harness.word}.inc"
    cpp = extension == "cpp"
    text = [
        '# 1 "seam" 3',
        *_restored(program, standard),
        *_checks(tests, harness.word, cpp),
        f'# {line} "{name}"',
        tests,
        '# 1 "seal" 3',
        *_seal(test, harness.word, cpp),
    ]
    return {
        name: f'{program}\n\n#include "{inside}"\n',
        inside: "\n".join(text) + "\n",
        OBJECT: harness.object,
    }


def blanked(text: str) -> str:
    """The same length of code: blanks where comments, strings and characters stand."""
    return _TOKEN.sub(lambda m: m[0] if m[0] in "{}" else re.sub(r"[^\n]", " ", m[0]), text)


def closed(tests: str) -> int:
    """Where tests have closed what a program left open for them (`}` of its last function)."""
    depth = lowest = at = 0
    for token in _TOKEN.finditer(tests):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth < lowest:
            lowest, at = depth, token.end()
    end = _SEMICOLON.match(tests, at)  # of a class
    return end.end() if at and end else at


def _restored(program: str, standard: Callable[[], Standard]) -> list[str]:
    """Takes back the program's macros that tests must not see.

    Those are the ones named like something of the language or its library, and those that are
    more than a value: a `return` in one would end the tests that use it.
    """
    lines = []
    for name, parameters, body in _DEFINE.findall(_SPLICE.sub("", program)):
        if name == "assert":
            continue  # comes anew
        if name in KEYWORDS or name in standard().names or name in standard().macros:
            lines.append(f"#undef {name}")
            if name in standard().macros and name not in KEYWORDS:
                lines.append(f"#define {standard().macros[name]}")
        elif not _is_value(body, bool(parameters)):
            lines.append(f"#undef {name}")
    return lines


def _is_value(body: str, function: bool) -> bool:
    body = _COMMENT.sub("", body)
    if _STRUCTURE.search(body):
        return False
    if not body.strip() or _GROUP.fullmatch(body):
        return True
    return not function and _VALUE.fullmatch(body) is not None


def _checks(tests: str, word: str, cpp: bool) -> list[str]:
    """`assert` is on, and the harness hears of it and of every `exit` that tests call."""
    c, throws = ('extern "C" ', " noexcept") if cpp else ("", "")
    fail = f"rlcf_fail_{word}(const char *, const char *, unsigned, const char *){throws}"
    lines = [
        "#undef NDEBUG",
        "#ifdef assert",
        "#undef assert",
        "#include <assert.h>",
        "#endif",
        f"{c}__attribute__((noreturn)) void {fail};",
        f"#define __assert_fail rlcf_fail_{word}",
        f"{c}int rlcf_seal_{word}(int);",
    ]
    if _EXIT.search(tests) or _ABORT.search(tests):
        included = (_INCLUDE if cpp else _STDLIB).search(tests)
        lines += [
            "#if 1" if included else "#ifdef _STDLIB_H",
            # Before the tests do: the header of C++ takes such macros back.
            "#include <cstdlib>" if cpp else "#include <stdlib.h>",
            f"#define exit(status) exit(rlcf_seal_{word}(status))",
            "" if cpp else f"#define abort() (rlcf_seal_{word}(1), abort())",
            "#endif",
        ]
    return lines


def _seal(test: Test, word: str, cpp: bool) -> list[str]:
    """What calls the tests' `main`, whatever name the linker knows it by."""
    c, main = ('extern "C" ', "::main") if cpp else ("", "main")
    named = COMPARISONS & set(re.findall(r"\w+", test.tests))
    strict = (cpp or bool(named)) and test.entry_point not in COMPARISONS
    call = f"return ((int (*)(int, char **, char **)) {main})(n, w, e);"
    return [
        f"{c}int rlcf_main_{word}(int n, char **w, char **e) {{ {call} }}",
        f"{c}int rlcf_lax_{word}(void) {{ return {int(not strict)}; }}",
    ]
