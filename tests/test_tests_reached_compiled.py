"""A pass says that the tests ran to their end: C, C++ (gcc and clang), Rust, Go, C#, Fortran.

`hostile/early_ends_*.py` have the wrong programs; here are right ones that end in other ways.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rlcf.languages import Job, Limits, Outcome
from rlcf.languages.engine import BenchEngine
from rlcf.languages.native import closed
from rlcf.languages.registry import load
from rlcf.languages.spec import EngineOptions

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from early_ends import Try
from early_ends_fortran import FORTRAN
from early_ends_go_csharp import CSHARP, GO
from early_ends_native import CPP, RUST, C

TRIES = {
    "c": C,
    "c by clang": C,
    "cpp": CPP,
    "cpp by clang": CPP,
    "rust": RUST,
    "go": GO,
    "csharp": CSHARP,
    "fortran": FORTRAN,
}
_INT = "int twice(int x) { return 2 * x; }\n"
_RUST = "fn twice(x: i32) -> i32 {\n    2 * x\n}\n"
_FORTRAN = "integer function twice(x)\n  integer, intent(in) :: x\n  twice = 2 * x\nend function\n"
_GO = 'package main\n\nimport "os"\n\nvar _ = os.Args\n\nfunc twice(x int) int { return 2 * x }\n'
_CS = "using System;\npublic class P {\n  public static int Twice(int x) { return 2 * x; }\n"
RIGHT: dict[str, dict[str, tuple[str, str]]] = {
    "c": {
        "return": (
            _INT,
            "#include <assert.h>\nint main(void) { assert(twice(4) == 8); return 0; }",
        ),
        "exit": (
            _INT,
            "#include <stdlib.h>\nint main(void) { if (twice(4) != 8) abort(); exit(0); }",
        ),
        "exit by the result": (
            _INT,
            "#include <stdlib.h>\nint main(void) { exit(twice(4) == 8 ? EXIT_SUCCESS : 1); }",
        ),
        "arguments": (
            _INT,
            "int main(int n, char **w) { return n == 1 && twice(4) == 8 ? 0 : 1; }",
        ),
        "closing brace": (
            "int twice(int x) {\n  return 2 * x;\n",
            "}\nint main(void) { return 0; }",
        ),
        "macros": (
            f"#define LIMIT 100 // for all\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\n{_INT}",
            "int main(void) { return MAX(twice(4), 2) == 8 && LIMIT == 100 ? 0 : 1; }",
        ),
        "NDEBUG": (f"#define NDEBUG\n#include <assert.h>\n{_INT}", "int main(void) { return 0; }"),
        "own comparison": (
            "int strcmp(const char *a, const char *b) { return *a - *b; }\n",
            'int main(void) { return strcmp("a", "b") < 0 ? 0 : 1; }',
        ),
    },
    "cpp": {
        "open class": (
            "class P {\n public:\n  static int twice(int x) {\n    return 2 * x;\n",
            "}\n};\nint main() { return P::twice(4) - 8; }",
        ),
        "end": (_INT, "#include <cassert>\nint main() { assert(twice(4) == 8); }"),
        "exit": (
            _INT,
            "#include <cstdlib>\nint main() { if (twice(4) != 8) std::abort(); exit(0); }",
        ),
        "std::exit": (
            f"#include <bits/stdc++.h>\nusing namespace std;\n{_INT}",
            "int main() { if (twice(4) != 8) abort(); std::exit(0); }",
        ),
        "closing brace": (
            "#include <cassert>\n#include <vector>\nlong twice(long x) {\n  return 2 * x;\n",
            "}\nint main() {\n  auto candidate = twice;\n  assert(candidate(4) == (8));\n}\n",
        ),
        "assert in a template": (
            _INT,
            (
                "#include <cassert>\ntemplate <class T> void same(T a, T b) { assert(a == b); }\n"
                "int main(int n, char **w) { same(twice(4), 8); [] { assert(true); }(); }"
            ),
        ),
        "macros": (
            (
                "#include <bits/stdc++.h>\n#define ll long long\n#define endl '\\n'\n"
                f"#define all(v) v.begin(), v.end()\n{_INT}"
            ),
            "int main() { ll x = twice(4); std::cout << x << std::endl; return x == 8 ? 0 : 1; }",
        ),
    },
    "fortran": {
        "procedure": (
            _FORTRAN,
            "program t\n  integer, external :: twice\n  if (twice(4) /= 8) error stop\nend\n",
        ),
        "module": (
            f"module m\ncontains\n{_FORTRAN}end module\n",
            (
                "program t\n  use m, only: twice\n  real :: x\n  x = twice(4)\n"
                "  if (abs(x - 8) > epsilon(x)) error stop\nend program t\n"
            ),
        ),
    },
    "rust": {
        "end": (_RUST, "fn main() {\n    assert_eq!(twice(4), 8);\n}\n"),
        "exit": (_RUST, "use std::process;\nfn main() {\n    process::exit(twice(4) - 8);\n}\n"),
        "exit(0)": (_RUST, "fn main() {\n    std::process::exit(0);\n}\n"),
        "result": (_RUST, "fn main() -> Result<(), String> {\n    Ok(assert!(twice(4) == 8))\n}\n"),
        "closing brace": (
            "fn twice(x: isize) -> isize {\n    2 * x\n",
            "}\n\nfn main() {\n    let candidate = twice;\n    assert_eq!(candidate(4), 8);\n}\n",
        ),
        "test functions": (
            "fn main() {}\n" + _RUST,
            (
                "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn test_twice() {\n"
                "        assert_eq!(twice(4), 8);\n        assert!(vec![1] == [1]);\n    }\n}\n"
            ),
        ),
        "library named": (
            f"extern crate std;\nuse std::{{fmt, process}};\n{_RUST}",
            (
                "// fn main() {}\nfn main() {\n    let _: Option<fmt::Error> = None;\n"
                "    process::exit(std::cmp::max(twice(4), 8) - 8);\n}\n"
            ),
        ),
        "strict": (
            (
                "#![forbid(unsafe_code)]\n#![deny(warnings)]\nuse std::fmt;\npub struct Two;\n"
                "impl fmt::Display for Two {\n"
                "    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n"
                '        write!(f, "two")\n    }\n}\n'
            ),
            (
                "fn main() {\n    let two = Two;\n"
                '    assert_eq!(format!("{two}"), "two", "{}", 1);\n}\n'
            ),
        ),
    },
    "go": {
        "end": (_GO, "func main() {\n\tif twice(4) != 8 {\n\t\tpanic(1)\n\t}\n}\n"),
        "exit": (f"{_GO}// the end", "func main() {\n\tos.Exit(twice(4) - 8)\n}\n"),
        "exit(0)": (_GO, "func main() {\n\tif twice(4) == 8 {\n\t\tos.Exit(0)\n\t}\n}\n"),
        "own min": (
            f"{_GO}\nfunc min(a, b int) int {{ return a }}\n",
            "func main() {\n\t_ = min(1, 2)\n}\n",
        ),
        "helpers": (
            _GO,
            (
                "/* one */\nfunc same(a, b int) {\n\tif a != b {\n\t\tos.Exit(1)\n\t}\n}\n\n"
                "func main() {\n\tdefer same(twice(4), 8)\n}\n"
            ),
        ),
    },
    "csharp": {
        "end": (_CS, "static void Main() { if (Twice(4) != 8) throw new Exception(); } }\n"),
        "exit": (_CS, "public static void Main() { Environment.Exit(Twice(4) - 8); } }\n"),
        "exit(0)": (_CS, "static void Main(string[] a) { System.Environment.Exit(0); } }\n"),
        "status": (_CS, "static int Main() { return Twice(4) == 8 ? 0 : 1; } }\n"),
        "own class": (
            f"{_CS}}}\n",
            "class Tests { [STAThread] static void Main() { Console.WriteLine(P.Twice(4)); } }\n",
        ),
    },
}
"""Language -> what is special -> program and tests, which pass."""
RIGHT["c by clang"], RIGHT["cpp by clang"] = RIGHT["c"], RIGHT["cpp"]
LIMITS = Limits(wall_seconds=8.0, cpu_seconds=2.0, memory_mb=256)
Run = Callable[[str, str, str, str], tuple[Outcome, str]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """The outcome of a language's program with tests, and why."""
    made: dict[str, BenchEngine] = {}

    def outcome(name: str, program: str, tests: str, entry_point: str = "") -> tuple[Outcome, str]:
        if sys.platform != "linux":
            pytest.skip("the jail is Linux only")
        if name not in made:
            word, _, frontend = name.partition(" by ")
            make: Any = load(word)
            language = make(frontend=frontend) if frontend else make()
            if missing := language.missing():
                pytest.skip(f"{name}: {missing}")
            made[name] = BenchEngine(language, EngineOptions(seats=1))
        (result,) = made[name].run([Job(program, tests, entry_point)], LIMITS)
        return result.outcome, result.detail

    yield outcome
    for runner in made.values():
        runner.close()


@pytest.mark.parametrize(
    ("name", "trick"), [(name, trick) for name in TRIES for trick in TRIES[name]]
)
def test_no_wrong_program_passes(name: str, trick: str, run: Run) -> None:
    tried: Try = TRIES[name][trick]
    outcome, detail = run(name, tried.program, tried.tests, "twice")
    assert outcome == tried.outcome, detail


@pytest.mark.parametrize(
    ("name", "special"), [(name, special) for name in RIGHT for special in RIGHT[name]]
)
def test_right_programs_pass(name: str, special: str, run: Run) -> None:
    program, tests = RIGHT[name][special]
    entry_point = "strcmp" if special == "own comparison" else "twice"
    assert run(name, program, tests, entry_point) == (Outcome.PASSED, "")


def test_lines_of_a_failed_check_are_those_of_program_and_tests(run: Run) -> None:
    tests = "#include <assert.h>\n\nint main(void) {\n  assert(twice(4) == 8);\n}\n"
    outcome, detail = run("c", "int twice(int x) {\n  return 3 * x;\n}\n", tests, "twice")
    assert outcome is Outcome.FAILED
    assert "program.c:7: main: Assertion `twice(4) == 8' failed" in detail


def test_where_tests_close_what_a_program_left_open() -> None:
    assert closed("int main() { if (1) { } }") == 0
    assert closed("  }\nint main() { }") == 3
    assert closed("}\n} ;int main() { }") == 5
    assert closed("// }\nchar *a = \"}\", b = '}';\n}}\nint main() {}") == 31
