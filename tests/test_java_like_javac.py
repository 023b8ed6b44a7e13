"""Where a warm compiler or our reading of javac once said other things than javac does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlcf.languages import Job, Limits, Outcome, Verdict
from rlcf.languages.java import JavaCompiler, JavaOptions, JavaRunner
from rlcf.languages.java.plain import plain_javac
from rlcf.languages.java.together import check_together

LIMITS = Limits(wall_seconds=20.0, cpu_seconds=5.0)
WILDCARD = "import java.util.*; class A { void f(List<?> l) { l.add(1); } }"
EXPLAINED = (
    "incompatible types: int cannot be converted to CAP#1\n"
    "  where CAP#1 is a fresh type-variable:\n"
    "    CAP#1 extends Object from capture of ?"
)
LONG = {
    "class " + "C" * 249 + " { }": Verdict.ACCEPTED,
    "class " + "C" * 250 + " { }": Verdict.REJECTED,
    "class " + "\u00e4" * 125 + " { }": Verdict.REJECTED,
    "".join(f"class Inner{i} {{ " for i in range(40)) + "}" * 40: Verdict.REJECTED,
    "package " + "p" * 256 + "; class A { }": Verdict.REJECTED,
}
"""Names of class files around the 255 bytes that a disk takes."""
DEEP = "class Deep { static int x = " + "(" * 450 + "1" + ")" * 450 + "; }\n"
MAIN = "class Main { public static void main(String[] a) { assert Deep.x == %d; } }\n"


@pytest.fixture(scope="module")
def compiler() -> Iterator[JavaCompiler]:
    compiler = JavaCompiler(JavaOptions(workers=1, deadline_seconds=60.0))
    yield compiler
    compiler.close()


def test_types_that_are_explained_do_not_break_the_reading(compiler: JavaCompiler) -> None:
    """Javac writes the explanation as a diagnostic without file, for which ours asked it."""
    wrong, right = check_together(
        compiler.jdk, [("A.java", WILDCARD), ("B.java", "class B { A a; }")]
    )
    (alone,) = compiler.check([WILDCARD])
    cold, _ = plain_javac(compiler.jdk, WILDCARD, words=True)
    assert right.verdict is Verdict.ACCEPTED
    for result in (wrong, alone, cold):
        (error,) = result.errors
        assert (error.code, error.message) == ("compiler.err.prob.found.req", EXPLAINED)
        assert (error.line, error.column) == (1, WILDCARD.index("1") + 1)


def test_a_class_file_has_a_name_that_a_disk_takes(compiler: JavaCompiler) -> None:
    results = compiler.check(list(LONG))
    assert [r.verdict for r in results] == list(LONG.values())
    codes = {error.code for result in results for error in result.errors}
    assert codes == {"compiler.err.class.cant.write"}


def test_messages_are_those_of_the_moment(compiler: JavaCompiler) -> None:
    """Later the method has a type, which javac did not know when it spoke."""
    (result,) = compiler.check(["class A { void g(int a, int a) { } }"])
    assert result.errors[0].message == "variable a is already defined in method g"


@pytest.mark.slow
def test_what_overflows_a_cold_stack_is_not_accepted_by_a_warm_one(compiler: JavaCompiler) -> None:
    bounds = "".join(f"T{i} extends T{i + 1}," for i in range(2600))
    program = f"class A<{bounds} T2600> {{ }}"
    assert plain_javac(compiler.jdk, program)[0].verdict is Verdict.REJECTED
    assert compiler.check([program])[0].verdict is Verdict.REJECTED


def test_the_right_classes_of_the_right_names_are_run() -> None:
    helper = "class Helper { public static void main(String[] a) { } }\n"
    jobs = [
        Job("package a.b;\n" + DEEP, MAIN % 1),  # compiled by a javac of its own
        Job(DEEP, MAIN % 2 + helper),
        Job(DEEP, helper + MAIN % 2),
    ]
    runner = JavaRunner()
    outcomes = [result.outcome for result in runner.run(jobs, LIMITS)]
    runner.close()
    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.FAILED]
