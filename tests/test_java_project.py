"""Programs that need more than one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rlcf.errors import UserError
from rlcf.languages import Job, Outcome, Verdict
from rlcf.languages.java import JavaCompiler, JavaOptions, JavaRunner, Project
from rlcf.languages.java.plain import plain_javac
from rlcf.languages.jvm.jdk import find_jdk

COUNTER = (
    "util/Counter.java",
    "package util; public class Counter { static int n; public static int next() { return ++n; } }",
)
PROGRAM = "class A { static int f() { return util.Counter.next(); } }\n"
TESTS = "class Main { public static void main(String[] a) { if (A.f() != 1) throw new Error(); } }"


@pytest.fixture(scope="module")
def runner() -> Iterator[JavaRunner]:
    runner = JavaRunner()
    yield runner
    runner.close()


def test_sources_are_compiled_once_and_seen_only_where_asked_for(runner: JavaRunner) -> None:
    project = Project(sources=(COUNTER,))
    with_it = runner._compiler.check([PROGRAM] * 3, project)
    assert [r.verdict for r in with_it] == [Verdict.ACCEPTED] * 3
    assert runner._compiler.class_path(project) == runner._compiler.class_path(project)
    assert runner._compiler.check([PROGRAM])[0].verdict is Verdict.REJECTED


def test_each_run_has_its_own_static_state(runner: JavaRunner) -> None:
    jobs = [Job(PROGRAM, TESTS)] * 3
    results = runner.run(jobs, project=Project(sources=(COUNTER,)))
    assert [r.outcome for r in results] == [Outcome.PASSED] * 3, results


def test_bad_projects_are_told(runner: JavaRunner, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        runner._compiler.check([PROGRAM], Project(class_path=(str(tmp_path / "none.jar"),)))
    with pytest.raises(UserError, match="do not compile"):
        runner._compiler.check([PROGRAM], Project(sources=(("B.java", "class B {"),)))
    with pytest.raises(UserError, match="leads out"):
        runner._compiler.check([PROGRAM], Project(sources=(("../../B.java", "class B { }"),)))


def test_errors_of_sources_on_the_class_path_have_no_place_in_the_program(tmp_path: Path) -> None:
    """The program is rejected, as by javac, but not at a line that is right."""
    (tmp_path / "Broken.java").write_text("class Broken {\n    static int one() { return x; }\n}\n")
    program = "class A {\n    int one() {\n        return Broken.one();\n    }\n}\n"
    mixed = program.replace("return Broken", "int y = z; return Broken")
    with closing(JavaCompiler(JavaOptions(class_path=(str(tmp_path),)))) as compiler:
        alone, both = compiler.check([program, mixed])
    assert alone.verdict is both.verdict is Verdict.REJECTED
    (error,) = alone.errors
    assert (error.line, error.column, error.start, error.end) == (0, 0, -1, -1)
    assert error.message.startswith("Broken.java:2: ")
    assert sorted(e.line for e in both.errors) == [0, 3]
    (truth,) = plain_javac(find_jdk(), program, class_path=(str(tmp_path),))[0].errors
    assert (truth.code, truth.line, truth.start) == (error.code, 0, -1)


def test_sources_on_the_class_path_do_not_name_the_file(tmp_path: Path) -> None:
    """The program's public class does, whatever is parsed after it."""
    (tmp_path / "Other.java").write_text(
        "public class Other { static int one() { int unread = 1; return 1; } }\n"
    )
    program = "public class Solution { int one() { int unread = 1; return Other.one(); } }\n"
    for profile, verdict in (("javac", Verdict.ACCEPTED), ("strict", Verdict.REJECTED)):
        options = JavaOptions(class_path=(str(tmp_path),), profile=profile)
        with closing(JavaCompiler(options)) as compiler:
            (result,) = compiler.check([program])
        assert result.verdict is verdict, result
        assert [error.line for error in result.errors] == [1] * (profile == "strict")
