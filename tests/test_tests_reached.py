"""A pass says that the tests ran to their end: interpreted languages.

`hostile/early_ends*.py` have the wrong programs; here are right ones that end in other ways.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rlcf.languages import Job, Limits, Outcome, Test, Toolchain
from rlcf.languages.registry import load
from rlcf.sandbox.cell import StepLimits

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from early_ends import LUA, PERL, Try
from early_ends_ruby_php import PHP, RUBY

TRIES = {"perl": PERL, "lua": LUA, "ruby": RUBY, "php": PHP}
RIGHT = {
    "perl": "sub twice { return 2 * $_[0]; }\n",
    "lua": "function twice(x) return 2 * x end\n",
    "ruby": "def twice(x)\n  2 * x\nend\n",
    "php": "<?php\nfunction twice($x) { return 2 * $x; }\n",
}
CHECK = {
    "perl": "\ndie 'they are not equal' unless twice(4) == 8;\n",
    "lua": "\nassert(twice(4) == 8)\n",
    "ruby": "\nraise 'they are not equal' if twice(4) != 8\n",
    "php": "\nif (twice(4) !== 8) { throw new Exception('they are not equal'); }\n",
}
ENDS = {
    "perl": {
        "exit": "exit;",
        "exit 0": "exit 0;\n",
        "exit(0)": "exit(0);",
        "in a condition": "if (twice(1) == 2) { exit(0) } else { exit(1) }\n",
        "by the result": "exit(twice(1) == 2 ? 0 : 1);\n",
        "in a function": "sub main { exit(0); }\nmain();\n",
        "data": "__END__\nno code\n",
        "value": "1;\n",
        "pod": "\n=pod\n\ntext\n\n=cut\n",
        "test library": "use Test::More;\nis(twice(4), 8, 'two times four');\ndone_testing();\n",
        "comparison library": "use Data::Compare;\nCompare([twice(1)], [2]) or die 'unequal';\n",
    },
    "lua": {
        "exit()": "os.exit()",
        "exit(0)": "os.exit(0)\n",
        "exit(true)": "os.exit(true)",
        "in a condition": "if twice(1) == 2 then os.exit(0) else os.exit(1) end\n",
        "by the result": "os.exit(twice(1) == 2)\n",
        "own assert": "local function assert(x) if not x then error('no') end end\nassert(1)\n",
        "comment": "-- the end",
        "value": "return twice",
    },
    "ruby": {
        "exit": "exit",
        "exit 0": "exit 0\n",
        "exit(true)": "exit(true)",
        "Kernel.exit": "Kernel.exit(0)\n",
        "in a condition": "if twice(1) == 2 then exit 0 else exit 1 end\n",
        "in a function": "def main\n  exit\nend\nmain\n",
        "data": "__END__\nno code\n",
        "return": "return\n",
        "Test::Unit": "require 'test/unit'\nclass T < Test::Unit::TestCase\n"
        "  def test_it\n    assert_equal(8, twice(4))\n  end\nend\n",
        "Minitest": "require 'minitest/autorun'\nclass T < Minitest::Test\n"
        "  def test_it\n    assert_equal(8, twice(4))\n  end\nend\n",
    },
    "php": {
        "exit": "exit;",
        "exit(0)": "exit(0);\n",
        "in a condition": "if (twice(1) == 2) exit(0); else exit(1);\n",
        "by the result": "exit(twice(1) == 2 ? 0 : 1);\n",
        "in a function": "function main() { exit(); }\nmain();\n",
        "in an expression": "twice(1) == 2 ? print('') : exit(1);\n",
        "data": "__halt_compiler();\nno code\n",
        "return": "return;\n",
        "closed": "?>\n",
        "assertion": "assert(twice(4) === 8);\n",
        "global variable": "$n = 8; function g() { global $n; return $n; }\n"
        "if (g() !== 8) { throw new Exception('no'); }\n",
    },
}
"""What right tests may end with, after their check."""
LIMITS = Limits(wall_seconds=8.0, cpu_seconds=2.0, memory_mb=256)
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """The outcome of a language's program with tests."""
    made: dict[str, Toolchain] = {}

    def outcome(name: str, program: str, tests: str, entry_point: str = "twice") -> Outcome:
        if sys.platform != "linux":
            pytest.skip("the jail is Linux only")
        if missing := load(name)().missing():
            pytest.skip(f"{name}: {missing}")
        if name not in made:
            made[name] = Toolchain(name, seats=1)
        (result,) = made[name].run([Job(program, tests, entry_point)], LIMITS)
        return result.outcome

    yield outcome
    for runner in made.values():
        runner.close()


@pytest.mark.parametrize(
    ("name", "trick"), [(name, trick) for name in TRIES for trick in TRIES[name]]
)
def test_no_wrong_program_passes(name: str, trick: str, run: Run) -> None:
    tried: Try = TRIES[name][trick]
    assert run(name, tried.program, tried.tests) == tried.outcome


@pytest.mark.parametrize(("name", "end"), [(name, end) for name in ENDS for end in ENDS[name]])
def test_right_programs_pass_however_their_tests_end(name: str, end: str, run: Run) -> None:
    """The right program passes; one of which a check does not hold does not."""
    tests = CHECK[name] + ENDS[name][end]
    assert run(name, RIGHT[name], tests) is Outcome.PASSED
    assert run(name, RIGHT[name].replace("2", "3"), tests) is Outcome.FAILED


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("form", ["plain", "no line end", "Windows", "byte order mark"])
def test_right_programs_pass_however_they_are_written(name: str, form: str, run: Run) -> None:
    program, tests = RIGHT[name], CHECK[name]
    if form == "no line end":
        program = program.rstrip()
    elif form == "Windows":
        program, tests = program.replace("\n", "\r\n"), tests.replace("\n", "\r\n")
    elif form == "byte order mark":
        program = "\ufeff" + program
    assert run(name, program, tests) is Outcome.PASSED


def test_an_entry_point_may_have_a_name_of_the_language(run: Run) -> None:
    """What the task asks for is no replacement of what its tests check with; anything else is."""
    program, tests = "function type(x) return 2 * x end\n", "\nassert(type(4) == 8)\n"
    assert run("lua", program, tests, "type") is Outcome.PASSED
    assert run("lua", program, tests, "twice") is Outcome.ERROR


@pytest.mark.parametrize("name", RIGHT)
def test_an_error_status_of_the_tests_is_no_pass(name: str, run: Run) -> None:
    ends = {"perl": "exit 1;", "lua": "os.exit(false)", "ruby": "exit 1", "php": "exit(1);"}
    assert run(name, RIGHT[name], CHECK[name] + ends[name]) is Outcome.ERROR


def test_sealing_moves_no_line_of_the_tests() -> None:
    """Nor one of what follows the code; the numbers are bytes before either call."""
    for program in ("é\n", "é"):
        test = Test(program, "\n\nb\n__END__\nc\n", "", "token", StepLimits())
        sealed = test.sealed("START;", "END;", r"^__END__$")
        plain = test.source.splitlines()
        assert [plain.index(line) for line in ("b", "é")] == [
            sealed.text.splitlines().index(line) for line in ("b", "é")
        ]
        token, before, code = sealed.stdin.split()
        unit = sealed.text.encode()
        assert token == "token"
        assert unit[int(before) :].startswith(b"START;")
        assert unit[int(code) :] == b"END;\n__END__\nc\n"
