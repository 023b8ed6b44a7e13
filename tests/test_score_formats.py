"""`rlcf score`: the files that people have, and what it says of those that do not match."""

from __future__ import annotations

import gzip
import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eval_fakes import install, task
from rlcf import cli
from rlcf.policy.prompting import ChatStyle
from rlcf.tasks import read_samples, read_tasks, write_tasks
from rlcf.tasks.debug_assert import checked

Capture = pytest.CaptureFixture[str]
IDS = ["A", "B"]


@pytest.mark.parametrize(
    "text",
    [
        '{"task_id": "A", "completion": "x"}\n{"task_id": "A", "completion": "y"}\n',
        '[{"task_id": "A", "completion": "x"}, {"task_id": "A", "completion": "y"}]',
        '[\n {"task_id": "A", "solution": "x"},\n {"task_id": "A", "solution": "y"}\n]',
        '{"task_id": "A", "generation": "x"}\n{"task_id": "A", "generation": "y"}\n',
        '{\n "name": "A", "language": "java", "prompt": "", "completions": ["x", "y"]\n}',
        '{"task_id": "A", "completion": ["x", "y"]}',
        '{"A": ["x", "y"]}',
        '[["x", "y"], []]',
        '["x", "y"]',
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_layouts(text: str, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "samples.json"
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    found = read_samples(path, IDS)
    assert [(s.task_id, s.completion) for s in found] == [("A", "x"), ("A", "y")]


def score(tmp_path: Path, samples: str | bytes, *options: str) -> int:
    tasks, path = tmp_path / "t.jsonl", tmp_path / "s.jsonl"
    if not tasks.exists():
        write_tasks(tasks, [task("A"), task("B"), task("C")])
    path.write_bytes(samples if isinstance(samples, bytes) else samples.encode())
    argv = ["score", "--tasks", str(tasks), "--samples", str(path)]
    return cli.main([*argv, "--json", str(tmp_path / "o.json"), *options])


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (b"\x1f\x8b\x08", "gzipped, but cut off or damaged"),
        (gzip.compress(b"{}" * 999, mtime=0)[:-9], "gzipped, but cut off or damaged"),
        (b'[["x"], [], [], []]', "a list without a task: there are 3 tasks"),
        (b'{"task_id": "A", "completion": ["x", 1]}', "completion 2 must be a string"),
        (b'{"task_id": "A", "completion": []}', "no samples in it"),
        (b"[]", "no samples in it"),
        (b"{}", "the field `task_id` is missing"),
        (b'[{"task_id": "A"', "not JSON"),
        (b"7", "expected a JSON object, found a number"),
    ],
)
def test_what_cannot_be_read_is_said(
    samples: bytes, message: str, tmp_path: Path, capsys: Capture
) -> None:
    assert score(tmp_path, samples) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


def test_extra_and_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    install(monkeypatch)
    rows = '{"A": ["x;", "y;"], "Z": ["z"]}'
    assert score(tmp_path, rows) == 2
    assert "1 of 3 samples are of unknown tasks: --ignore-extra" in capsys.readouterr().err
    assert score(tmp_path, rows, "--ignore-extra") == 0
    shown = capsys.readouterr().out
    assert shown.index("over 1 of 3 tasks") < shown.index("compile_rate")
    before = json.loads((tmp_path / "o.json").read_text())["totals"]
    assert score(tmp_path, rows, "--ignore-extra", "--missing-fail", "--k", "1,2") == 0
    totals = json.loads((tmp_path / "o.json").read_text())["totals"]
    assert totals["compile_rate"]["mean"] == pytest.approx(1 / 3)
    assert totals["pass@2"]["mean"] == pytest.approx(1 / 3)
    assert totals["distinct_share"]["mean"] == 1.0
    assert totals["degenerate_share"] == before["degenerate_share"]


def test_whole_numbers_name_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Parquet tables and rows of hand-made JSON have them."""
    install(monkeypatch)
    rows = [{"task_id": 7, "language": "java", "prompt": "class A {\n"}]
    (tmp_path / "t.jsonl").write_text(json.dumps(rows))
    samples = json.dumps({"task_id": 7, "completion": "x;\n}"})
    argv = ["score", "--tasks", str(tmp_path / "t.jsonl"), "--json", str(tmp_path / "o.json")]
    (tmp_path / "s.jsonl").write_text(samples)
    assert cli.main([*argv, "--samples", str(tmp_path / "s.jsonl")]) == 0
    (row,) = json.loads((tmp_path / "o.json").read_text())["samples"]
    assert row["task_id"] == "7"
    (tmp_path / "s.jsonl").write_text('{"task_id": true, "completion": "x"}')
    assert cli.main([*argv, "--samples", str(tmp_path / "s.jsonl")]) == 2


def test_standard_input_and_what_samples_are_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    install(monkeypatch)
    write_tasks(tmp_path / "t.jsonl", [task("A")])
    whole = "class A {\n  int f(int a) { return a; } }"
    rows = {"A": ["x;\n}", "class A {\nBAD;\n}", f"```java\n{whole}\n```", "y;\n}"]}
    stdin = SimpleNamespace(buffer=io.BytesIO(json.dumps(rows).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    argv = ["score", "--tasks", str(tmp_path / "t.jsonl"), "--samples", "-"]
    assert cli.main([*argv, "--json", str(tmp_path / "o.json")]) == 0
    shown = capsys.readouterr().out
    assert "2 of 4 samples repeat the prompt" in shown
    assert "1 of 4 samples are answers with the code in a fence" in shown
    data: list[dict[str, Any]] = json.loads((tmp_path / "o.json").read_text())["samples"]
    assert [(row["sample"], row["compiled"]) for row in data] == [
        (0, True),
        (1, False),
        (2, True),
        (3, True),
    ]


def test_tasks_without_language_and_other_names_of_languages(
    tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"task_id": "A", "prompt": ""}')
    assert score(tmp_path, '{"A": ["x"]}') == 2
    assert "--language" in capsys.readouterr().err
    assert [one.language for one in read_tasks(path, "java")] == ["java"]
    path.write_text('{"name": "A", "prompt": "", "language": "C++"}')
    assert [(one.task_id, one.language) for one in read_tasks(path)] == [("A", "cpp")]


MULTIPL_E = {
    "cpp": (
        "g++",
        "#include <cassert>\nlong add(long a, long b) {\n",
        "}\nint main() {\n    auto candidate = add;\n    assert(candidate(1, 2) == 3);\n}\n",
    ),
    "java": (
        "javac",
        "import java.util.*;\nclass Problem {\n    public static long add(long a, long b) {\n",
        "    }\n    public static void main(String[] args) { assert(add(1L, 2L) == 3L); }\n\n}\n",
    ),
    "csharp": (
        "mcs",
        "using System.Diagnostics;\nclass Problem {\n  public static long Add(long a, long b) {\n",
        "  }\n  public static void Main() {\n    Debug.Assert(Add(1L, 2L) == (3L));\n  }\n}\n",
    ),
}


@pytest.mark.parametrize("language", ["cpp", "java"])
def test_tests_that_close_the_program(language: str, tmp_path: Path) -> None:
    tool, prompt, tests = MULTIPL_E[language]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    row = {"name": "HumanEval_0_add", "language": language, "prompt": prompt, "tests": tests}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    closed = "}\n}\n" if language == "java" else "}\n"
    completions = [
        "return a + b;\n",
        "return a - b;\n",
        "return a + nowhere;\n",
        f"{prompt}return a + b;\n",
        f"{prompt}return a + b;\n{closed}",
        f"```{language}\n{prompt.replace('a, long b', 'b, long a')}return a + b;\n{closed}```",
    ]
    samples = json.dumps({**row, "completions": completions})
    assert score(tmp_path, samples) == 0
    rows = json.loads((tmp_path / "o.json").read_text())["samples"]
    assert [row["compiled"] for row in rows] == [True, True, False, True, True, True]
    outcomes = [row["outcome"] for row in rows]
    assert outcomes == ["passed", "failed", "not_run", "passed", "passed", "passed"]


def test_debug_assert_is_a_check(tmp_path: Path) -> None:
    tool, prompt, tests = MULTIPL_E["csharp"]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    row = {"name": "HumanEval_0_add", "language": "cs", "prompt": prompt, "tests": tests}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    completions = ["return a + b;\n", "return a - b;\n"]
    assert score(tmp_path, json.dumps({**row, "completions": completions})) == 0
    rows = json.loads((tmp_path / "o.json").read_text())["samples"]
    assert [row["compiled"] for row in rows] == [True, True]
    assert rows[0]["outcome"] == "passed"
    assert rows[1]["outcome"] in ("failed", "error")


def test_tests_that_cannot_be_run_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    row = {"name": "A", "language": "go_test.go", "prompt": "package a\nfunc f() int {\n"}
    tests = "}\nfunc TestF(t *testing.T) {\n}\n"
    (tmp_path / "t.jsonl").write_text(json.dumps({**row, "tests": tests}))
    (read,) = read_tasks(tmp_path / "t.jsonl")
    assert (read.tests, read.closing) == (None, "}\n")
    install(monkeypatch)
    write_tasks(tmp_path / "t.jsonl", [task("A", tests=None)])
    assert score(tmp_path, '{"A": ["x;"]}') == 0
    assert "1 of 1 tasks have no tests that can be run" in capsys.readouterr().out


DEBUG_ASSERTS = {
    "Debug.Assert(f(1) == 2);": "f(1) == 2",
    "System.Diagnostics.Debug.Assert(f(1) == 2);": "f(1) == 2",
    "Debug.Assert(\n  f(\n1) == 2\n);": "\n  f(\n1) == 2\n",
    'Debug.Assert(f(")") == 2, "no);");': 'f(")") == 2',
    'Debug.Assert (f(\')\', @"a"")", 1) == 2,\n    $"{f(1)}");': 'f(\')\', @"a"")", 1) == 2',
    'if (x) Debug.Assert(f(new[] {1, 2}, "b"));': 'f(new[] {1, 2}, "b")',
}


@pytest.mark.parametrize("call", DEBUG_ASSERTS)
def test_calls_of_debug_assert_throw(call: str) -> None:
    """However they are written; no line moves."""
    before, after = '// Debug.Assert(false);\nvar s = "Debug.Assert(true);";\n', "\nreturn;\n"
    made = checked(before + call + after)
    assert made.startswith(before)
    assert made.endswith(' does not hold");' + after)
    assert f"if (!({DEBUG_ASSERTS[call]}" in made
    assert made.count("throw") == 1
    assert made.count("\n") == (before + call + after).count("\n")


def test_a_chat_is_judged_by_tests_that_go_on_inside_its_class(tmp_path: Path) -> None:
    """MultiPL-E's Java tests: the answer's last braces make way for them."""
    _, prompt, tests = MULTIPL_E["java"]
    row = {"name": "HumanEval_0_add", "language": "java", "prompt": prompt, "tests": tests}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    (task,) = read_tasks(tmp_path / "t.jsonl")
    style = ChatStyle()
    judged = style.judged(task)
    whole = f"{prompt}return a + b;\n    }}\n}}\n"
    for answer in (f"```java\n{whole}```", "```java\nreturn a + b;\n    }\n}\n```"):
        text = style.read(task, answer).text
        assert judged.program(text).rstrip() == whole.rstrip()
        assert judged.test_program(text).count("{") == judged.test_program(text).count("}")
        assert judged.test_program(text) == f"{prompt}return a + b;\n    {tests}"
