"""What a corpus says of all that gave no task, and what would bring it in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rlcf.cli import main
from rlcf.corpus import Corpus, CorpusOptions, Judge, build
from rlcf.corpus.java_release import newest_syntax
from rlcf.errors import UserError
from rlcf.languages import check
from rlcf.languages.jvm import jdk
from rlcf.languages.verdict import CompileResult

pytest.importorskip("tree_sitter_java", reason="needs the extra `corpus`")

LIBRARY = "package org.lib; public class Lib { public static int plus(int a) { return a + 1; } }"
USER = """\
package app;

import org.lib.Lib;
import app.inner.Helper;

public class User {
    /** Adds by the library. */
    static int byLibrary(int number) { return Lib.plus(number) + 1000; }

    /** Adds by a class of the tree. */
    static int byHelper(int number) { return new Helper(number).plus() + 1000; }

    /** Adds by both of them. */
    static int byBoth(int number) { return Lib.plus(new Helper(number).plus()); }

    /** Wants what nobody has. */
    static int byNobody(int number) { return Nobody.call(number) + 1000; }
}
"""
HELPER = """\
package app.inner;

public class Helper {
    private final int number;

    public Helper(int number) { this.number = number; }

    public int plus() { return number + 1; }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A tree of two packages, and the library that it uses."""
    write(tmp_path / "src/app/User.java", USER)
    write(tmp_path / "src/app/inner/Helper.java", HELPER)
    write(tmp_path / "lib/org/lib/Lib.java", LIBRARY)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def compiled(out: Path, *sources: Path, path: str = "") -> str:
    words = [jdk.find_jdk().javac, "-d", str(out), *map(str, sources)]
    subprocess.run([*words, "-cp", path or str(out)], check=True)
    return str(out)


def made(root: Path, **options: Any) -> Corpus:
    settings = CorpusOptions(**options)
    judge = Judge(settings)
    try:
        return build(root, settings, judge)
    finally:
        judge.close()


def tasks(corpus: Corpus) -> set[str]:
    return {task.candidate.entry_point for task in corpus.tasks}


def corpus_build(*words: str | Path) -> int:
    return main(["corpus", "build", *map(str, words)])


def test_a_class_path_without_the_trees_own_classes_adds_to_the_corpus(project: Path) -> None:
    without = tasks(made(project / "src"))
    library = compiled(project / "lib-classes", project / "lib/org/lib/Lib.java")
    with_library = made(project / "src", class_path=(library,))
    assert without == {"byHelper"}
    assert tasks(with_library) == {"byHelper", "byLibrary", "byBoth"}
    by_both = next(t for t in with_library.tasks if t.candidate.entry_point == "byBoth")
    assert by_both.program.prompt.startswith("import org.lib.Lib;\n\nclass Helper {")


def test_with_the_trees_own_classes_prompts_stay_short(project: Path) -> None:
    library = compiled(project / "lib-classes", project / "lib/org/lib/Lib.java")
    files = (project / "src/app/inner/Helper.java",)
    own = compiled(project / "classes", *files, path=library)
    found = made(project / "src", class_path=(own, library))
    assert tasks(found) == {"byHelper", "byLibrary", "byBoth"}
    assert all(t.program.prompt.startswith("package app;\n") for t in found.tasks)


def test_everything_left_out_is_written_with_its_place_and_the_reason(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project / "src/app/test/UserTest.java", "class UserTest { }")
    write(project / "src/app/Latin.java", "class Latin { }")
    (project / "src/app/Latin.java").write_bytes("class Latin { /* é */ }".encode("latin-1"))
    (project / "src/app/Gone.java").symlink_to(project / "nowhere")
    assert corpus_build(project / "src", "-o", project / "out") == 0
    text = (project / "out/dropped.jsonl").read_text()
    rows = {(r["file"], r["line"]): r for r in map(json.loads, text.splitlines())}
    (nobody,) = [r for r in rows.values() if r["name"] == "app.User.byNobody(int number)"]
    assert (nobody["file"], nobody["line"]) == ("app/User.java", 17)
    assert nobody["reason"] == "rejected: unresolved_name"
    assert nobody["diagnostic"].startswith("cannot find symbol\n  symbol:   variable Nobody")
    files = {file: row["reason"] for (file, line), row in rows.items() if line == 0}
    assert files == {
        "app/Gone.java": "file cannot be read",
        "app/Latin.java": "file is not UTF-8",
        "app/test/UserTest.java": "file is test code",
    }
    report = json.loads((project / "out/report.json").read_text())
    assert report["missing_packages"] == {"org.lib": 2}
    assert report["missing_names"] == {"Lib": 2, "Nobody": 1}
    said = capsys.readouterr().out
    assert "files left out: 1 is test code, 1 cannot be read, 1 is not UTF-8 (--test-code" in said
    assert "missing most often: Lib (2), Nobody (1)" in said
    assert "2 want packages that the tree does not have, jar files on --class-path would" in said
    assert "bring: org.lib (2)" in said


def test_the_file_of_all_tasks_has_its_rows_beside_it(project: Path) -> None:
    assert corpus_build(project / "src", "-o", project / "all.jsonl") == 0
    rows = (project / "all.dropped.jsonl").read_text().splitlines()
    report = json.loads((project / "all.report.json").read_text())
    assert len(rows) == sum(report["dropped"].values()) > 0


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    source = 'class L { /** Says é. */ static String f(int n) { return "é" + n + 1000000; } }'
    (tmp_path / "L.java").write_bytes(source.encode("latin-1"))
    with pytest.raises(UserError, match="unknown encoding 'latn-1'"):
        made(tmp_path, encoding="latn-1")
    (task,) = made(tmp_path, encoding="latin-1").tasks
    assert '"é"' in task.program.reference


def test_a_python_file_names_its_own_encoding(tmp_path: Path) -> None:
    source = '# coding: latin-1\ndef f(n):\n    """Says é."""\n    return "é" + str(n) * 1000\n'
    (tmp_path / "f.py").write_bytes(source.encode("latin-1"))
    (task,) = made(tmp_path, language="python").tasks
    assert '"é"' in task.program.reference


def test_lines_may_end_as_they_like(tmp_path: Path) -> None:
    lines = ["class L {", "    /** Adds. */ // it is so", "    int f(int n) {"]
    lines += ["        // first", "        return n + 1000000 + 1000;", "    }", "}"]
    for name, end in (("r", "\r"), ("rn", "\r\n")):
        write(tmp_path / name / "L.java", "")
        (tmp_path / name / "L.java").write_bytes(end.join(lines).encode())
        (task,) = made(tmp_path / name).tasks
        assert task.candidate.line == 3
        assert task.program.reference.startswith("        // first\n        return")


@pytest.mark.parametrize(
    ("program", "release", "feature"),
    [
        ("class A { int f() { return 1; } }", 0, ""),
        ('class A { String s = """\n  a"""; String t = "\\"\\"\\""; }', 15, "text blocks"),
        ("class A { int f(int a) { return switch (a) { default -> 1; }; } }", 14, "switch"),
        ("class A { boolean f(Object o) { return o instanceof String s; } }", 16, "instanceof"),
        ("record R(int a) { }", 16, "records"),
        ("sealed interface S permits A { } record A() implements S { }", 17, "sealed"),
        ("class A { int f(Object o) { switch (o) { case A a: return 1; } } }", 21, "in switch"),
        ("class A { boolean f(Object o) { return o instanceof R(int a); } }", 21, "record pat"),
    ],
)
def test_the_release_of_syntax_is_known(program: str, release: int, feature: str) -> None:
    found, named = newest_syntax(program)
    assert found == release
    assert feature in named


def test_a_jdk_too_old_for_the_syntax_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "record R(int a) { /** Adds to it. */ int f(int b) { return a + b + 1000000000; } }"
    write(tmp_path / "R.java", source)
    real = jdk.find_jdk()
    old = jdk.Jdk(real.home, "11.0.2", 11)
    monkeypatch.setattr("rlcf.corpus.java_methods.find_jdk", lambda: old)
    # What a JDK 11 says of a record.
    broken = check(["class A { int f() { return +; } }"])[0]

    def rejects(programs: Any) -> list[CompileResult]:
        return [broken for _ in programs]

    corpus = build(tmp_path, CorpusOptions(), rejects)
    assert corpus.dropped == {"needs Java 16 (records), and the JDK here is 11": 1}


def test_python_names_what_packages_it_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = '    """Says it."""\n    return {}(number) + 1000000\n'
    text = "import numpy\n\n\ndef f(number):\n" + body.format("numpy.abs")
    text += "\n\ndef g(number):\n" + body.format("undefined")
    text += "\n\ndef h(number):\n" + body.format("abs")
    write(tmp_path / "src/m.py", text)
    out = tmp_path / "out"
    assert corpus_build(tmp_path / "src", "--language", "python", "-o", out) == 0
    said = capsys.readouterr().out
    assert "missing most often: numpy (1), undefined (1)" in said
    assert "1 want packages, which --packages NAME... lets in: numpy (1)" in said


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("X.kt", (), "X.kt is Kotlin: a corpus is made of Java or of Python"),
        ("X.py", (), "X.py is Python: say --language python"),
        ("X.java", ("--language", "python"), "X.java is Java: say --language java"),
        ("X.txt", (), "X.txt is no source that is known: a corpus is made of Java or of Python"),
    ],
)
def test_a_file_of_another_language_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, words: Any, said: str
) -> None:
    write(tmp_path / name, "")
    assert corpus_build(tmp_path / name, *words, "-o", tmp_path / "out") == 2
    assert said in capsys.readouterr().err
    if name != "X.java":
        return
    assert corpus_build(tmp_path, "--language", "python", "-o", tmp_path / "out") == 2
    assert "no .py files below" in capsys.readouterr().err


def test_a_tree_of_another_language_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a/X.kt", "")
    write(tmp_path / "a/Y.kt", "")
    with pytest.raises(UserError, match=r"no \.java files below .*, but 2 of Kotlin \(\.kt\)"):
        made(tmp_path)
    write(tmp_path / "test/T.java", "class T { }")
    with pytest.raises(UserError, match=r"but 1 of test code \(--test-code takes them\)"):
        made(tmp_path)


@pytest.mark.parametrize("out", ["all.jsonl", "folder"])
def test_a_corpus_is_never_replaced(
    project: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    assert corpus_build(project / "src", "-o", project / out) == 0
    before = {path: path.read_bytes() for path in project.rglob("*.json*")}
    assert corpus_build(project / "src", "-o", project / out) == 2
    assert "exists: choose another -o" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in project.rglob("*.json*")} == before


def test_where_nothing_can_be_written_is_said_before_the_work(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project / "file", "")
    assert corpus_build(project / "nowhere", "-o", project / "file/tasks") == 2
    assert "cannot be made" in capsys.readouterr().err
