"""A source tree becomes tasks: what is taken in, what is left out, and that references compile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlcf.cli import main
from rlcf.corpus import Corpus, CorpusOptions, build, javadoc, split_of, write
from rlcf.corpus.java_syntax import read_unit
from rlcf.corpus.licences import Licences, recognise
from rlcf.errors import UserError
from rlcf.languages import Verdict, check
from rlcf.tasks import read_tasks

pytest.importorskip("tree_sitter_java", reason="needs the extra `corpus`")

SHAPES = """\
// SPDX-License-Identifier: MIT
package org.example;

import java.util.ArrayList;
import java.util.List;
import org.other.Unknown;

/** Shapes. */
public final class Shapes extends Base implements Unknown {
    private static final double HALF = 0.5, THIRD = 1.0 / 3;
    private final int width;

    public Shapes(int width) { this.width = width; }

    private static double half(double x) { return HALF * x; }
    private static double half(String x) { return Missing.parse(x); }

    /**
     * Area of a triangle. With {@code base} &amp; {@link Math#abs height}.
     *
     * @param base its base
     */
    @Override public static double triangle(final double base, double height)
    {
        // half of the
        return half(base) * height;
    }

    /** Twice the width of this. */
    int twice() { return width + this.width; }

    /** Copies the list of numbers. */
    static List<Integer> copy(List<Integer> from) {
\t\tList<Integer> to = new ArrayList<>(from);
        return to;
    }

    /** Uses what nobody has. */
    static int missing(int x) { return Missing.call(x) + 1000; }

    /** Uses another file. */
    static int other(int x) { return Helper.plusOne(x) + 1000; }

    static int undocumented(int x) { return x + 1 + 2 + 3 + 4 + 5 + 6; }

    /** Short. */
    int getWidth() { return width; }

    /** Nested. */
    static class Inner<T> {
        private T value;
        /** Whether the value is the other one. */
        boolean same(T other) { return value == other && other != null; }
    }
}
"""
HELPER = """\
package org.example;
class Helper {
    static final int ONE = 1;
    static int plusOne(int x) { return x + ONE; }
    static int unused(Missing x) { return 0; }
}
"""


def tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".java")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def made(root: Path, **options: object) -> Corpus:
    return build(root, CorpusOptions(**options), check)  # type: ignore[arg-type]


def programs(corpus: Corpus) -> dict[str, str]:
    return {
        t.candidate.entry_point: t.program.prompt + "<>" + t.program.reference for t in corpus.tasks
    }


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return made(tree(tmp_path_factory.mktemp("tree"), Shapes=SHAPES, Helper=HELPER))


def test_documented_methods_that_compile_become_tasks(shapes: Corpus) -> None:
    assert set(programs(shapes)) == {"triangle", "twice", "copy", "other", "same"}
    assert shapes.dropped == {
        "no description": 2,
        "body too short": 4,
        "rejected: unresolved_name": 1,
    }
    assert shapes.methods == 12 == len(shapes.tasks) + sum(shapes.dropped.values())


def test_every_reference_is_accepted(shapes: Corpus) -> None:
    results = check([t.program.prompt + t.program.reference for t in shapes.tasks])
    assert {r.verdict for r in results} == {Verdict.ACCEPTED}


def test_the_prompt_has_what_the_method_needs_and_no_more(shapes: Corpus) -> None:
    assert (
        programs(shapes)["triangle"]
        == """\
class Shapes {
    private static final double HALF = 0.5, THIRD = 1.0 / 3;

    private static double half(double x) { return HALF * x; }

    /**
     * Area of a triangle. With {@code base} &amp; {@link Math#abs height}.
     *
     * @param base its base
     */
    public static double triangle(final double base, double height) {
<>        // half of the
        return half(base) * height;
    }
}
"""
    )


def test_imports_fields_and_other_files_come_along(shapes: Corpus) -> None:
    found = programs(shapes)
    assert found["copy"].startswith("import java.util.ArrayList;\nimport java.util.List;\n\nclass")
    assert found["copy"].endswith(
        "        List<Integer> to = new ArrayList<>(from);\n        return to;\n    }\n}\n"
    )
    assert "private int width;" in found["twice"]  # not final: nothing sets it
    helper = found["other"].partition("class Shapes")[0]
    assert "ONE = 1" in helper
    assert "plusOne" in helper
    assert "unused" not in helper
    assert "class Inner<T> {" in found["same"]


def test_rows_are_tasks_with_their_origin(shapes: Corpus, tmp_path: Path) -> None:
    write(shapes, tmp_path / "tasks.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "tasks.jsonl").read_text().splitlines()]
    first = rows[0]
    assert first["task_id"] == "org.example.Shapes.triangle(double base, double height)"
    assert first["description"] == "Area of a triangle. With base & height."
    assert (first["source"], first["licence"]) == ("Shapes.java:23", "MIT")
    assert first["test"] is None
    assert [t.task_id for t in read_tasks(tmp_path / "tasks.jsonl")] == [r["task_id"] for r in rows]
    report = json.loads((tmp_path / "tasks.report.json").read_text())
    assert report["tasks"] == 5
    write(shapes, tmp_path / "split")
    count = sum(
        len((tmp_path / "split" / f"{s}.jsonl").read_text().splitlines())
        for s in ("train", "validation", "test")
    )
    assert count == 5


def test_copies_are_left_out_wherever_they_are(tmp_path: Path) -> None:
    method = "/** Adds one to the number. */ static int f(int number) { return number + 1 /*%d*/; }"
    tree(tmp_path, a__A="class A { %s }" % (method % 1), b__B="class B { %s }" % (method % 2))
    corpus = made(tmp_path)
    assert len(corpus.tasks) == 1
    assert corpus.dropped == {"copy of another": 1}


def test_tests_and_hidden_folders_are_left_out(tmp_path: Path) -> None:
    source = "class A { /** Adds %s. */ static int f(int number) { return number + %s + 1000; } }"
    tree(
        tmp_path,
        src__test__java__T=source % (1, 1),
        src__main__A=source % (2, 2),
        **{".git__B": source % (3, 3)},
    )
    assert [t.candidate.path for t in made(tmp_path).tasks] == ["src/main/A.java"]
    assert len(made(tmp_path, test_code=True).tasks) == 2


def test_options_narrow_the_choice(tmp_path: Path) -> None:
    tree(tmp_path, Shapes=SHAPES, Helper=HELPER)
    assert set(programs(made(tmp_path, self_contained=True))) == {"copy"}
    short = programs(made(tmp_path, comments="short"))["triangle"]
    assert "     * Area of a triangle.\n     */" in short
    assert "undocumented" in programs(made(tmp_path, undocumented=True))
    assert made(tmp_path, licences=("GPL-3.0-or-later",)).tasks == []


def test_a_class_path_gives_the_package_its_classes(tmp_path: Path) -> None:
    from rlcf.languages.java import JavaCompiler, JavaOptions, Project

    other = "package org.example; class Base { int hidden() { return 1; } } interface Far { }"
    project = Project(sources=(("org/example/Base.java", other),))
    source = """package org.example;
        class A extends Base implements Far {
            /** Asks its superclass. */ int f(int number) { return hidden() + number + 1000; }
        }"""
    tree(tmp_path, A=source)
    compiler = JavaCompiler(JavaOptions(workers=1))
    try:
        path = compiler.class_path(project)
        on_path = Project(class_path=path)
        corpus = build(
            tmp_path, CorpusOptions(class_path=path), lambda p: compiler.check(p, on_path)
        )
    finally:
        compiler.close()
    (task,) = corpus.tasks
    assert task.program.prompt.startswith("package org.example;\n")
    assert "abstract class A extends Base implements Far {" in task.program.prompt


def test_splits_are_by_file_and_stay(shapes: Corpus) -> None:
    options = CorpusOptions(validation=0.2, test=0.3)
    splits = [split_of(f"p/F{i}.java", options) for i in range(2000)]
    shares = {s: splits.count(s) / 2000 for s in set(splits)}
    assert shares["test"] == pytest.approx(0.3, abs=0.03)
    assert shares["validation"] == pytest.approx(0.2, abs=0.03)
    assert split_of("p/F1.java", options) == split_of("p/F1.java", options)
    by_file: dict[str, set[str]] = {}
    for task in shapes.tasks:
        by_file.setdefault(task.candidate.path, set()).add(task.split)
    assert all(len(found) == 1 for found in by_file.values())


def test_broken_files_cost_nothing_but_themselves(tmp_path: Path) -> None:
    tree(tmp_path, Shapes=SHAPES, Broken="class A { /** Doc. */ int f( { } } } void", Empty="")
    (tmp_path / "Latin.java").write_bytes("class L { /* \xe9 */ }".encode("latin-1"))
    corpus = made(tmp_path)
    assert "copy" in programs(corpus)
    assert corpus.dropped["file is not UTF-8"] == 1


def test_nothing_to_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"no \.java files"):
        made(tmp_path)
    with pytest.raises(UserError, match="neither"):
        made(tmp_path / "absent")
    tree(tmp_path, A="class A { }")
    assert main(["corpus", "build", str(tmp_path), "-o", str(tmp_path / "t.jsonl")]) == 2
    assert "no task in" in capsys.readouterr().err


def test_the_command_writes_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path / "src", Shapes=SHAPES, Helper=HELPER)
    out = tmp_path / "out" / "tasks.jsonl"
    assert main(["corpus", "build", str(tmp_path / "src"), "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("5 tasks (")
    assert "5 MIT" in said
    assert len(read_tasks(out)) == 5


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("// SPDX-License-Identifier: EPL-2.0 OR MIT", "EPL-2.0 OR MIT"),
        ("* Licensed under the Apache\n * License, Version 2.0", "Apache-2.0"),
        ("Permission is hereby granted, free of charge, to any", "MIT"),
        ("Copyright nobody", ""),
    ],
)
def test_licences_are_recognised(text: str, licence: str) -> None:
    assert recognise(text) == licence


def test_a_licence_may_follow_the_package() -> None:
    words = "/* SPDX-License-Identifier: ISC */\npackage a;\n// and\nimport b.C;\n/* no */\n"
    assert read_unit("A.java", words.encode()).header.split() == [*words.split()[:4], "//", "and"]
    only = "package a;\n/* Apache License, Version 2.0 */\n/** Of GPL. */\nclass A {}\n"
    assert recognise(read_unit("A.java", only.encode()).header) == "Apache-2.0"
    assert "GPL" not in read_unit("A.java", only.encode()).header


def test_a_licence_file_covers_the_folders_below(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "LICENSE.txt").write_text("Mozilla Public License Version 2.0")
    (tmp_path / "a" / "COPYING").write_text("Permission is hereby granted, free of charge")
    licences = Licences(tmp_path)
    assert licences.of(tmp_path / "x.java", "") == "MPL-2.0"
    assert licences.of(tmp_path / "a" / "b" / "x.java", "// words") == "MIT"
    assert licences.of(tmp_path / "a" / "x.java", "SPDX-License-Identifier: ISC") == "ISC"
    assert Licences(tmp_path / "a" / "b").of(tmp_path / "a" / "b" / "x", "") == "NOASSERTION"


def test_javadoc_becomes_plain_words() -> None:
    comment = """/**
     * Gets <b>the</b> {@link java.util.List#size() size}, e.g. of {@code List<T>}. Then more.
     * @return it
     */"""
    text = javadoc.description(comment)
    assert text == "Gets the size, e.g. of List<T>. Then more."
    assert javadoc.first_sentence(text) == "Gets the size, e.g. of List<T>."
    assert javadoc.description("/** {@inheritDoc} */") == ""
