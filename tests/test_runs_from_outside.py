"""Runs as other commands see them: dead or alive, with scores and tasks of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import eval_fakes
from rlcf.cli import main
from rlcf.cli.runs import measured_tasks, scores_file
from rlcf.errors import UserError
from rlcf.evaluation.results import ScoreReport
from rlcf.evaluation.score import score_completions
from rlcf.runfiles import RunFiles
from rlcf.tasks import load_tasks
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir

Capture = pytest.CaptureFixture[str]

HOLDER = """
import sys, time
from pathlib import Path
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
run = RunDir.open(Path(sys.argv[1]), TrainConfig.of(model="tiny", steps=9), resume=False)
run.append_metrics({"step": 1, "reward": 0.5})
print("open", flush=True)
time.sleep(600)
"""


def test_a_run_that_died_is_said_to_have(tmp_path: Path, capsys: Capture) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-c", HOLDER, str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            assert RunFiles(run).is_written() is True
            assert main(["watch", str(run), "--once"]) == 0
            assert "stopped" not in capsys.readouterr().out
        finally:
            holder.kill()
    assert RunFiles(run).is_written() is False
    assert main(["watch", str(run)]) == 1  # it does not wait
    shown = " ".join(capsys.readouterr().out.split())
    assert "stopped after step 1 without an end" in shown
    assert "--resume goes on" in shown
    (run / "policy").mkdir()
    (run / "policy" / "config.json").write_text("{}")
    assert main(["watch", str(run)]) == 0
    assert "finished" in capsys.readouterr().out


def test_two_processes_do_not_write_to_one_run(tmp_path: Path) -> None:
    out, config = tmp_path / "r", TrainConfig(model="tiny", steps=9)
    command = [sys.executable, "-c", HOLDER, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            with pytest.raises(UserError, match=rf"process \({holder.pid}\) is writing to .*r:"):
                RunDir.open(out, config, resume=True)
        finally:
            holder.kill()
    first = RunDir.open(out, config, resume=True)  # kill -9 freed it
    RunDir.open(out, config, resume=True)  # and a process is not in its own way
    assert first.lock.read_text() == f"{os.getpid()}\n"


def test_a_run_that_died_before_its_first_step(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "config.json").write_text('{"steps": 3}')
    assert RunFiles(tmp_path).is_written() is None  # without a lock nothing can be told
    assert main(["watch", str(tmp_path), "--once"]) == 0
    (tmp_path / "lock").write_text("1\n")
    assert main(["watch", str(tmp_path)]) == 1
    assert "stopped after step 0" in capsys.readouterr().out


def measured(run: Path, name: str, tasks: str, bad: int = 0) -> ScoreReport:
    run.mkdir(exist_ok=True)
    found = load_tasks(tasks, limit=4)
    completions = [["BAD"] if i < bad else [t.reference or ""] for i, t in enumerate(found)]
    fakes = {"java": eval_fakes.FakeToolchain()}
    report = score_completions(found, completions, toolchains=fakes)
    report.save(run / f"{name}.json")
    return report


def test_a_report_finds_the_runs_own_tasks(tmp_path: Path, capsys: Capture) -> None:
    run = tmp_path / "run"
    measured(run, "before", "embedded:test", bad=2)
    measured(run, "after", "embedded:test")
    (run / "config.json").write_text(json.dumps({"tasks": "embedded:train", "validation": "auto"}))
    (run / "metrics.jsonl").write_text('{"step": 1, "reward": 0.5}\n')
    assert main(["report", str(run)]) == 0
    assert "4 tasks of embedded:test" in (run / "report.html").read_text()


def test_tasks_of_others_are_asked_for(tmp_path: Path) -> None:
    scores = measured(tmp_path / "run", "after", "embedded:test")
    assert measured_tasks({"tasks": "embedded"}, scores) == "embedded:test"
    with pytest.raises(UserError, match=r"not the run's own tasks \(embedded-python\): give"):
        measured_tasks({"tasks": "embedded-python"}, scores)
    with pytest.raises(UserError, match="give --tasks"):
        measured_tasks({}, scores)


def test_runs_are_compared_by_what_was_measured_after_them(tmp_path: Path, capsys: Capture) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    measured(one, "after", "embedded:test", bad=2)
    other.mkdir()
    assert main(["compare", str(one), str(other)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"rlcf evaluate --model {other} --tasks TASKS --json {other / 'after.json'}" in line
    measured(other, "after", "embedded:test")
    assert main(["compare", str(one), str(other), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["compile_rate"]["mean"] == 0.5
    assert scores_file(one / "after.json") == one / "after.json"
