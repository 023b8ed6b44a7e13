"""Programs that need more than one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rlcf.compilers import Verdict
from rlcf.compilers.java import Project
from rlcf.errors import UserError
from rlcf.sandbox import Job, Outcome
from rlcf.sandbox.java import JavaRunner

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
