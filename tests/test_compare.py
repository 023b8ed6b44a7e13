"""`rlcf compare` and `rlcf report` on measurements and runs made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import eval_fakes
from rlcf.cli import main
from rlcf.evaluation.score import score_completions
from rlcf.tasks import Task, write_tasks

TASKS = [Task(f"t/{i}", "java", f"class A{i} {{ ", "}", None, "f", "words") for i in range(12)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for name, bad in (("before", 8), ("after", 2)):
        completions = [["BAD }" if i < bad else "}"] for i in range(12)]
        report = score_completions(
            TASKS, completions, toolchains={"java": eval_fakes.FakeToolchain()}
        )
        report.save(tmp_path / f"{name}.json")
    write_tasks(tmp_path / "tasks.jsonl", TASKS)
    rows = [{"step": s, "reward": s / 10, "compile_rate": 0.5, "odd": 1} for s in range(1, 6)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "metrics.jsonl").write_text(text + '{"step": 6, "rew')  # being written
    return tmp_path


def test_differences_are_paired(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(run / "before.json"), str(run / "after.json")]
    assert main(["compare", *files]) == 0
    said = capsys.readouterr().out
    assert "12 tasks in both" in said
    assert "33.3 %" in said
    assert "83.3 %" in said
    assert main(["compare", *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["compile_rate"]
    assert found["mean"] == pytest.approx(0.5)
    assert found["low"] < 0.5 < found["high"]


def test_pages_are_written(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = str(run / "tasks.jsonl")
    assert main(["report", str(run), "--tasks", tasks]) == 0
    page = (run / "report.html").read_text()
    assert "t/3" in page
    assert "<svg" in page
    files = [str(run / "before.json"), str(run / "after.json")]
    out = run / "page.html"
    assert main(["compare", *files, "--tasks", tasks, "--html", str(out)]) == 0
    assert "before and after" in out.read_text()
    assert f"wrote {out}" in capsys.readouterr().out


def test_what_does_not_fit_is_said(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(run / "before.json")
    assert main(["compare", good, str(run / "absent.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["compare", good, str(run / "metrics.jsonl")]) == 2
    assert "not scores" in capsys.readouterr().err
    assert main(["compare", good, good, "--html", "x.html"]) == 2
    assert "--html has no effect without --tasks" in capsys.readouterr().err
    other = run / "other.jsonl"
    write_tasks(other, [Task("o/1", "java", "class O {")])
    assert main(["report", str(run), "--tasks", str(other)]) == 2
    assert "was measured" in capsys.readouterr().err
    (run / "after.json").unlink()
    assert main(["report", str(run), "--tasks", "mbjp"]) == 2
    said = capsys.readouterr().err
    assert f"rlcf evaluate --model {run}/policy --tasks mbjp --json {run}/after.json" in said
