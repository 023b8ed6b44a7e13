"""A start that fails says so before the work where it can, and leaves no folder in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tiny
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.outputs import check_place
from rlcf.tasks import write_tasks
from rlcf.training import train as train_module
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tiny.save_policy(tmp_path / "model")
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks())
    monkeypatch.setattr(train_module, "Toolchain", lambda language: tiny.FakeCompiler())
    return tmp_path


def train(made: Path, *more: str) -> int:
    given = ["--model", str(made / "model"), "--tasks", str(made / "tasks.jsonl")]
    given += ["--out", str(made / "run"), "--reward", "compiler", "--prompts-per-step", "2"]
    given += ["--samples-per-prompt", "2", "--max-new-tokens", "4", "--precision", "fp32"]
    return main(["train", *given, "--steps", "1", *more])


def test_an_error_in_the_first_step_leaves_no_folder(made: Path, capsys: Capture) -> None:
    assert train(made, "--max-new-tokens", "1000") == 2  # more than the model has positions for
    assert "leaves no room for a prompt" in capsys.readouterr().err
    assert not (made / "run").exists()
    assert train(made) == 0
    assert (made / "run" / "policy" / "config.json").is_file()


def test_a_resumed_start_that_fails_leaves_what_there_was(made: Path) -> None:
    assert train(made) == 0
    before = sorted(path.name for path in (made / "run").iterdir())
    assert train(made, "--resume", "--steps", "2", "--max-new-tokens", "1000") == 2
    assert sorted(path.name for path in (made / "run").iterdir()) == before


def test_a_failure_after_the_first_step_keeps_the_run(tmp_path: Path) -> None:
    run = RunDir.open(tmp_path / "run", TrainConfig("model"), resume=False)
    run.append_metrics({"step": 1})
    with pytest.raises(ValueError, match="later"), run.starting():
        raise ValueError("later")
    assert (tmp_path / "run" / "metrics.jsonl").exists()


def test_an_empty_folder_of_the_users_stays(tmp_path: Path) -> None:
    run = RunDir.open(tmp_path, TrainConfig("model"), resume=True)
    run.forget_after(-1)
    with pytest.raises(ValueError, match="at once"), run.starting():
        raise ValueError("at once")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["train", "sft"])
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    verb: str, made: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "training_tasks", lambda *_: pytest.fail("work has begun"))
    model = ["--model", str(made / "model"), "--tasks", str(made / "tasks.jsonl")]
    for out, message in (
        (made / "tasks.jsonl", "tasks.jsonl is a file"),
        (made / "tasks.jsonl" / "run", "tasks.jsonl is a file"),
        (made / "model", "exists"),
    ):
        before = sorted(made.rglob("*"))
        assert main([verb, *model, "--out", str(out)]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert message in line
        assert sorted(made.rglob("*")) == before


def test_a_place_that_refuses_new_folders_is_told() -> None:
    with pytest.raises(UserError, match="/proc/a/b cannot be written"):
        check_place(Path("/proc/a/b"))


def test_a_model_is_no_run_to_resume(made: Path, capsys: Capture) -> None:
    before = {file: file.read_bytes() for file in (made / "model").iterdir()}
    assert train(made, "--out", str(made / "model"), "--resume") == 2
    assert "model is not empty and holds no run to resume" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in (made / "model").iterdir()} == before


def test_merge_and_export_try_their_output_first(made: Path, capsys: Capture) -> None:
    (made / "file").write_text("")
    out = str(made / "file" / "merged")
    assert main(["merge", "no/such/model", "--out", out]) == 2
    assert "file is a file" in capsys.readouterr().err
    run = made / "run"
    (made / "model").rename(run.with_name("policy"))
    run.mkdir()
    (made / "policy").rename(run / "policy")
    (run / "config.json").write_text(json.dumps({}))
    assert main(["export", str(run), "--out", out]) == 2
    assert "file is a file" in capsys.readouterr().err
