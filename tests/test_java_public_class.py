"""A source is named after its public type, unless its own name is given; the word is javac's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import rlcf
from rlcf.cli import main
from rlcf.grounding.scorer import Answer, Scorer
from rlcf.languages import Job, Limits, Outcome, Verdict
from rlcf.languages.java import JavaCompiler, JavaRunner
from rlcf.languages.java.plain import plain_javac

FILES = {
    "Tally.java": "public class Tally { int n; }\n",
    "Figure.java": "public sealed interface Figure permits Figure.Dot {\n"
    "    record Dot(int x) implements Figure {}\n}\n",
    "Pair.java": "public record Pair(int a, int b) {}\n",
    "Level.java": "public enum Level { LOW, HIGH }\n",
    "Note.java": "public @interface Note {}\n",
    "Größe.java": "package a.b;\npublic class Größe {}\nclass Beside {}\n",
    "package-info.java": "/** Numbers. */\n@Deprecated\npackage a.numbers;\n",
    "module-info.java": "module a.numbers {\n    requires java.logging;\n}\n",
    "Wrong.java": "public class Right {}\n",
    "Main.java": "public class Main {}\n",
    "Two.java": "public class Two {}\nclass Three { public class Four {} }\n",
    "plain.java": "class Any {}\n",
    "not-a-name.java": "public class Any {}\n",
    "Deep.java": "public class Deep { int x = " + "(" * 450 + "1" + ")" * 450 + "; }\n",
    "Lost.java": "public class Lost { int x = gone; }\n",
}
REFUSED = {"Wrong.java", "not-a-name.java", "Lost.java"}


@pytest.fixture(scope="module")
def compiler() -> Iterator[JavaCompiler]:
    compiler = JavaCompiler()
    yield compiler
    compiler.close()


def test_a_file_keeps_its_name(
    compiler: JavaCompiler, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths: list[Path] = []
    truth = {}
    for name, text in FILES.items():
        folder = tmp_path / str(len(paths))
        folder.mkdir()
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
        command = [compiler.jdk.javac, "-encoding", "UTF-8", "-d", str(folder), str(paths[-1])]
        truth[name] = subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert {name for name, right in truth.items() if not right} == REFUSED
    main(["check", "--json", *map(str, paths)])
    rows = json.loads(capsys.readouterr().out)
    said = {Path(row["file"]).name: row["verdict"] == "accepted" for row in rows}
    assert said == truth


def test_without_a_name_it_is_that_of_the_public_type(compiler: JavaCompiler) -> None:
    results = compiler.check(list(FILES.values()))
    refused = {n for n, r in zip(FILES, results, strict=True) if r.verdict is Verdict.REJECTED}
    assert refused == {"Lost.java"}


@pytest.mark.parametrize(
    "deep", ["", "class Deep { int x = " + "(" * 450 + "1" + ")" * 450 + "; }"]
)
@pytest.mark.parametrize(
    "source",
    [
        "public class A {}\npublic class B {}\n",
        "public class A {}\npublic class Main {}\n",
        "public class Main {}\npublic class A {}\n",
        "@Deprecated\npackage a.b;\npublic class A {}\n",
        "module a.b {}\nclass A {}\n",
    ],
)
def test_two_names_are_one_too_many(compiler: JavaCompiler, source: str, deep: str) -> None:
    (result,) = compiler.check([source + deep])
    assert result.verdict is Verdict.REJECTED
    plain, _ = plain_javac(compiler.jdk, source + deep)
    assert [d.code for d in plain.errors] == [d.code for d in result.errors]
    assert [d.line for d in plain.errors] == [d.line for d in result.errors]


def test_a_name_that_is_given_counts(compiler: JavaCompiler) -> None:
    sources = ["public class Tally {}", "public class Tally {}", "class Tally {}"]
    results = compiler.check(sources, names=["Tally", "Other", "Other"])
    assert [r.verdict for r in results] == [Verdict.ACCEPTED, Verdict.REJECTED, Verdict.ACCEPTED]
    assert "should be declared in a file named Tally.java" in results[1].errors[0].message


def test_a_chat_answer_with_a_public_class_is_rewarded() -> None:
    code = "public class Solution {\n    public int twice(int x) { return 2 * x; }\n}\n"
    scorer = Scorer()
    try:
        (judged,) = scorer([Answer(f"Sure:\n\n```java\n{code}```\n", chat=True)])
    finally:
        scorer.close()
    assert judged.score == 1.0
    assert rlcf.check([code])[0].verdict is Verdict.ACCEPTED


MAIN = """class Main {
    public static void main(String[] a) { if (Solution.f() != 1) throw new Error(); }
}
"""


@pytest.mark.parametrize("of_tests", ["", "public "])
@pytest.mark.parametrize("package", ["", "package a.b;\n"])
def test_tests_run_beside_a_public_class(of_tests: str, package: str) -> None:
    runner = JavaRunner()
    program = package + "public class Solution { static int f() { return %d; } }\n"
    tests = "\n" + of_tests + MAIN
    jobs = [Job(program % n, tests) for n in (1, 2)]
    jobs.append(Job(program % 1, tests.replace("Main", "SolutionTest")))
    outcomes = [r.outcome for r in runner.run(jobs, Limits(wall_seconds=5.0))]
    runner.close()
    assert outcomes == [Outcome.PASSED, Outcome.ERROR, Outcome.PASSED]
