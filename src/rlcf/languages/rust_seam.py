"""What stands between a program in Rust and its tests, and behind them.

The tests' `main` gets a name that no program knows, and a `main` behind them calls it and tells the
harness (`native`) that it ended. A constant between program and tests that the last lines use shows
that nothing which the program left open (a comment, a string, an attribute) took tests away. The
standard macros mean there what the library means. Tests that are functions with `#[test]` and no
`main` are run by the library's own test harness.
"""

from __future__ import annotations

import re

from rlcf.languages.bench import Test
from rlcf.languages.native import NESTED, blanked, closed

_MAIN = re.compile(r"\bfn\s+(main)\s*\(\s*\)\s*(->\s*[^{]*?)?\s*\{")
_ANY_MAIN = re.compile(r"\bfn\s+main\b")
_EXIT = re.compile(rf"(?<![.\w])(?<!fn )exit\s*\(({NESTED})\)")
_FORBID = re.compile(r"\bforbid(\s*\()")
_STD = re.compile(r"(?<!extern crate )(?<!use )\bstd\b(?!\s*::)")
"""Where a program may give the name to something else."""
_ALLOW = (
    "#[allow(warnings, unused, unused_results, nonstandard_style, rust_2018_idioms, unsafe_code)]"
)
"""Before what is ours: `warnings` does not reach what a program denies by its own name."""
_USED = re.compile(r"\b(\w+)\s*!\s*[(\[{]")
MACROS = frozenset(
    (
        *("assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq"),
        *("debug_assert_ne", "panic", "unreachable", "todo", "unimplemented", "matches", "vec"),
        *("format", "print", "println", "eprint", "eprintln", "write", "writeln", "dbg"),
    )
)
"""Of the standard library: those that tests use mean the library's."""


def may_have_main(program: str) -> bool:
    """Whether a function of a program has that name, and nothing says what crate it is."""
    code = blanked(program)
    return bool(_ANY_MAIN.search(code)) and "crate_type" not in code


def is_library_test(test: Test) -> bool:
    """Whether the tests are `#[test]` functions, without a `main` of their own."""
    return "#[test]" in test.tests and not _MAIN.search(blanked(test.tests))


def sealed(test: Test, word: str) -> str | None:
    """Program and tests as one unit that tells the harness with this word of the tests' end.

    None if it cannot be told: the tests have no `main`, or the program puts its own in the place
    of the library's.
    """
    at = closed(test.tests)
    program, tests = test.program + test.tests[:at], test.tests[at:]
    if not program.endswith("\n"):
        program += "\n"
        tests = tests.removeprefix("\n")
    # What is forbidden cannot be allowed again for our own lines; what is denied can.
    program = _FORBID.sub(r"deny  \1", program)
    main = _MAIN.search(blanked(tests))
    if main is None:
        return (
            None
            if "no_main" in program
            else program + _seam(program, tests, word) + tests + _use(word)
        )
    seam = _seam(program, tests, word)
    exits = _EXIT.sub(rf"exit(crate::rlcf_seal_{word}(\1))", tests[main.end() :])
    before = _EXIT.sub(rf"exit(crate::rlcf_seal_{word}(\1))", tests[: main.start(1)])
    head = tests[main.end(1) : main.end()]
    return f"{program}{seam}{before}main_{word}{head}{exits}{_main(main[2] or '', word)}"


def _seam(program: str, tests: str, word: str) -> str:
    """In the tests' first line, so that theirs keep their numbers."""
    used = sorted(MACROS & set(_USED.findall(tests)))
    macros = (
        f"{_ALLOW} macro_rules! {name} {{ ($($t:tt)*) => {{ ::std_{word}::{name}!($($t)*) }} }} "
        for name in used
    )
    std = f"{_ALLOW} use std_{word} as std; " if _STD.search(blanked(program)) else ""
    return (
        f"{_ALLOW} const SEAM_{word}: () = (); "
        f"{_ALLOW} extern crate std as std_{word}; {std}{''.join(macros)}"
    )


def _use(word: str) -> str:
    return f"\n{_ALLOW} const USE_{word}: () = SEAM_{word};\n"


def _main(result: str, word: str) -> str:
    """Behind the tests: their `main` is called, and its end told."""
    return f"""{_use(word)}
{_ALLOW}
fn rlcf_seal_{word}(status: i32) -> i32 {{
    extern "C" {{ #[link_name = "rlcf_seal_{word}"] fn told(status: i32) -> i32; }}
    unsafe {{ told(status) }}
}}
fn main() {result} {{
    let ended = main_{word}();
    let _ = rlcf_seal_{word}(0);
    ended
}}
"""
