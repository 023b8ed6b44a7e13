"""The Java compiler and runner in one breath: verdicts, places, outcomes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlcf.errors import UserError
from rlcf.languages import ErrorClass, Job, Limits, Outcome, Toolchain, Verdict

TESTS = """
class Main {
    public static void main(String[] args) throws Exception {
        if (Sum.sum(2, 3) != 5) { throw new java.lang.Exception("test case 0 did not pass"); }
    }
}
"""


@pytest.fixture(scope="module")
def runner() -> Iterator[Toolchain]:
    runner = Toolchain("java", seats=1)
    yield runner
    runner.close()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UserError, match="known are java"):
        Toolchain("cobol")
    with pytest.raises(UserError, match="seats"):
        Toolchain("java", wrokers=1)


def test_verdicts_keep_their_order() -> None:
    compiler = Toolchain("java", seats=2)
    programs = [f"class A {{ int f() {{ return {'1' if i % 3 else 'x'}; }} }}" for i in range(30)]
    results = compiler.check(programs)
    compiler.close()
    expected = [Verdict.ACCEPTED if i % 3 else Verdict.REJECTED for i in range(30)]
    assert [r.verdict for r in results] == expected
    error = results[0].errors[0]
    assert error.code == "compiler.err.cant.resolve.location"
    assert error.error_class is ErrorClass.UNRESOLVED_NAME
    assert programs[0][error.start : error.end] == "x"
    assert (error.line, error.column) == (1, error.start + 1)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("return a + b;", Outcome.PASSED),
        ("return a - b;", Outcome.FAILED),
        ("return a / 0;", Outcome.ERROR),
        ("return sum(a, b);", Outcome.ERROR),
        ("System.exit(0); return 5;", Outcome.ERROR),
        ("int[][] x = new int[100000][]; for (;;) { x[a++] = new int[1 << 20]; }", Outcome.MEMORY),
        ("return a + c;", Outcome.NOT_RUN),
    ],
)
def test_outcomes(runner: Toolchain, body: str, outcome: Outcome) -> None:
    program = f"class Sum {{ static int sum(int a, int b) {{ {body} }} }}"
    result = runner.run([Job(program, TESTS)], Limits(wall_seconds=20, cpu_seconds=10))[0]
    assert result.outcome is outcome, result


def test_a_program_that_brings_its_own_main_is_an_error(runner: Toolchain) -> None:
    program = "class Main { public static void main(String[] args) {} }"
    result = runner.run([Job(program, TESTS)])[0]
    assert result.outcome is Outcome.ERROR
    assert "with its tests" in result.detail


def test_a_task_may_be_about_a_class_with_a_name_of_the_library(runner: Toolchain) -> None:
    program = TASK_CLASS.replace("Sum", "Process")
    result = runner.run([Job(program, TESTS.replace("Sum", "Process"))])[0]
    assert result.outcome is Outcome.PASSED, result


TASK_CLASS = "class Sum { static int sum(int a, int b) { return a + b; } }"
