"""From a source tree to a trained model: tasks are built, learnt and trained on by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tiny
from rlcf.cli import main
from rlcf.languages.java import JavaCompiler, JavaOptions, Project

pytest.importorskip("tree_sitter_java", reason="needs the extra `corpus`")

BASE = "package org.example; public class Base { protected int hidden() { return 1; } }"
METHOD = """
    /** Adds {i} to the number. */
    int add{i}(int number) {{
        int sum = number + {i};
        return hidden() + sum;
    }}
"""


@pytest.fixture
def class_path(tmp_path: Path) -> str:
    """A folder with `Base.class`."""
    compiler = JavaCompiler(JavaOptions(workers=1))
    try:
        (made,) = compiler.class_path(Project(sources=(("org/example/Base.java", BASE),)))
        folder = tmp_path / "classes"
        Path(made).rename(folder)
    finally:
        compiler.close()
    return str(folder)


def sources(root: Path) -> Path:
    (root / "src").mkdir()
    for i in range(3):
        methods = "".join(METHOD.format(i=10 * i + j) for j in range(4))
        text = f"package org.example;\nclass A{i} extends Base {{{methods}}}\n"
        (root / "src" / f"A{i}.java").write_text(text)
    return root / "src"


def test_a_corpus_with_a_class_path_is_trained_on(
    tmp_path: Path, class_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks, start = str(tmp_path / "tasks.jsonl"), str(tmp_path / "start")
    on_path = ["--class-path", class_path]
    assert main(["corpus", "build", str(sources(tmp_path)), "-o", tasks, *on_path]) == 0
    assert capsys.readouterr().out.startswith("12 tasks")
    tiny.save_policy(Path(start))
    learn = ["sft", "--model", start, "--tasks", tasks, "--validation", "none", "--epochs", "4"]
    assert main([*learn, "--out", str(tmp_path / "sft"), "--batch-size", "4"]) == 0
    train = ["train", "--model", str(tmp_path / "sft" / "policy"), "--tasks", tasks, "--steps", "2"]
    train += ["--reward", "compiler", "--comparator", "none", "--prompts-per-step", "4"]
    train += ["--samples-per-prompt", "2", "--max-new-tokens", "24", "--warmup-steps", "1"]
    assert (
        main([*train, "--out", str(tmp_path / "without")]) == 2
    )  # no reference of the training part compiles
    assert "none of 8 tasks" in capsys.readouterr().err
    out = tmp_path / "with"
    assert main([*train, "--out", str(out), *on_path]) == 0
    steps = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in steps] == [1, 2]
    assert all(0 <= row["compile_rate"] <= 1 for row in steps)
    again = [*train[:-1], "1", "--out", str(out), *on_path, "--resume"]
    assert main(again) == 0  # the settings are the same, read back from JSON


def test_a_python_corpus_is_trained_on(tmp_path: Path) -> None:
    text = 'def add{i}(number):\n    """Adds {i}."""\n    return number + {i} * 1000000\n\n\n'
    file, tasks = tmp_path / "adding.py", str(tmp_path / "tasks.jsonl")
    file.write_text("".join(text.format(i=i) for i in range(6)))
    build = ["corpus", "build", str(file), "--language", "python", "--checker-only"]
    assert main([*build, "-o", tasks]) == 0
    tiny.save_policy(tmp_path / "model")
    train = ["train", "--model", str(tmp_path / "model"), "--tasks", tasks, "--steps", "1"]
    train += ["--reward", "compiler", "--comparator", "none", "--prompts-per-step", "3"]
    train += ["--samples-per-prompt", "2", "--max-new-tokens", "12", "--language", "python"]
    out = tmp_path / "run"
    assert main([*train, "--out", str(out)]) == 0
    (row,) = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert 0 <= row["compile_rate"] <= 1


def test_verbs_take_the_class_path(
    tmp_path: Path, class_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "B.java"
    file.write_text("class B extends org.example.Base { int f() { return hidden(); } }")
    assert main(["check", str(file)]) == 1
    assert main(["check", str(file), "--class-path", class_path]) == 0
    assert main(["check", "--language", "lua", str(file), "--class-path", class_path]) == 2
    assert "lua programs take none" in capsys.readouterr().err
    assert main(["check", str(file), "--class-path", class_path + "/absent"]) == 2
    assert "does not exist" in capsys.readouterr().err
    row = {"task_id": "t", "language": "java", "prompt": "class B", "test": TEST}
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(json.dumps({**row, "canonical_solution": file.read_text()[7:]}) + "\n")
    assert main(["tasks", str(tasks), "--check"]) == 1
    capsys.readouterr()
    assert main(["tasks", str(tasks), "--check", "--class-path", class_path]) == 0
    assert "1 accepted; 1 with tests: 1 passed" in capsys.readouterr().out


TEST = """
class Main {
    public static void main(String[] args) {
        if (new B().f() != 1) {
            throw new AssertionError("Exception -- test case 0 did not pass.");
        }
    }
}
"""
