"""Assertions are on while tests run, as `java -ea` has it, whatever the program does about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlcf.languages import Job, Limits, Outcome
from rlcf.languages.java import JavaRunner

LIMITS = Limits(wall_seconds=5.0, cpu_seconds=3.0)
TESTS = "\nclass Main { public static void main(String[] a) { %s } }\n"
CHECK = TESTS % 'assert Twice.twice(4) == 8 : "not 8";'
HELPER = (
    "\nclass Checks { static void twice() { assert Twice.twice(4) == 8; } }\n"
    + TESTS % "Twice.twice(0); Checks.twice();"
)
OFF = {
    "default": "ClassLoader.getSystemClassLoader().setDefaultAssertionStatus(false);"
    "Twice.class.getClassLoader().setDefaultAssertionStatus(false);",
    "class": 'Twice.class.getClassLoader().setClassAssertionStatus("Checks", false);',
    "package": "Twice.class.getClassLoader().setPackageAssertionStatus(null, false);",
    "clear": "Twice.class.getClassLoader().clearAssertionStatus();",
    "context": "Thread.currentThread().getContextClassLoader().setDefaultAssertionStatus(false);",
    "field": 'try { var f = Class.forName("Checks").getDeclaredField("$assertionsDisabled");'
    " f.setAccessible(true); f.set(null, true); } catch (Exception e) { }",
}


@pytest.fixture(scope="module")
def runner() -> Iterator[JavaRunner]:
    runner = JavaRunner()
    yield runner
    runner.close()


def program(factor: int, before: str = "") -> str:
    method = f"static int twice(int x) {{ return {factor} * x; }}"
    return f"class Twice {{\n static {{ {before} }}\n {method}\n}}\n"


@pytest.mark.parametrize("tests", [CHECK, HELPER], ids=["in main", "in another class"])
@pytest.mark.parametrize("before", ["", "Thread.currentThread().getName();"], ids=["warm", "fresh"])
def test_assertions_decide(runner: JavaRunner, tests: str, before: str) -> None:
    jobs = [Job(program(factor, before), tests) for factor in (2, 3, 2, 3)]
    outcomes = [result.outcome for result in runner.run(jobs, LIMITS)]
    assert outcomes[::2] == [Outcome.PASSED] * 2
    assert set(outcomes[1::2]) <= {Outcome.FAILED, Outcome.ERROR}
    if tests == CHECK:
        assert outcomes[1] is Outcome.FAILED


@pytest.mark.parametrize("how", sorted(OFF))
def test_a_program_cannot_switch_them_off(runner: JavaRunner, how: str) -> None:
    jobs = [Job(program(factor, OFF[how]), HELPER) for factor in (2, 3)]
    right, wrong = runner.run(jobs, LIMITS)
    assert right.outcome is Outcome.PASSED, right
    assert wrong.outcome in (Outcome.FAILED, Outcome.ERROR), wrong


def test_an_assertion_of_the_program_is_its_own_error(runner: JavaRunner) -> None:
    source = program(2).replace("return", "assert x > 4; return")
    (result,) = runner.run([Job(source, CHECK)], LIMITS)
    assert (result.outcome, result.detail) == (Outcome.ERROR, "java.lang.AssertionError")
