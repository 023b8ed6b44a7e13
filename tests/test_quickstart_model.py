"""`rlcf quickstart --model`: the same story on a pretrained model, here a tiny folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import absent
import tiny
from rlcf.cli import main
from rlcf.cli.quickstart import Args, Plan, train_config
from rlcf.tasks import write_tasks
from rlcf.training.config import TrainConfig

Capture = pytest.CaptureFixture[str]


def test_the_embedded_run_is_as_it_was() -> None:
    plan = Plan.of(Args())
    assert plan.out == Path("runs/quickstart")
    assert plan.title == "the embedded Java model"
    assert train_config(plan) == TrainConfig.of(
        model="embedded",
        tasks="embedded:train",
        limit=4000,
        out="runs/quickstart",
        resume=True,
        steps=45,
        prompts_per_step=48,
        lr=1e-4,
        comparator_weight=0.3,
        max_new_tokens=160,
        checkpoint_every=5,
    )


@pytest.mark.parametrize(
    ("args", "out", "model", "tasks"),
    [
        (Args(language="cpp"), "quickstart-cpp", "embedded-cpp", "embedded-cpp:train"),
        (Args(model="smollm2"), "quickstart-smollm2", "smollm2", "embedded:train"),
        (
            Args(model="a/m.gguf", language="python", tasks="t.jsonl"),
            "quickstart-m-python",
            "a/m.gguf",
            "t.jsonl",
        ),
    ],
)
def test_what_is_trained_on_what(args: Args, out: str, model: str, tasks: str) -> None:
    assert Plan.of(replace(args, temperature=0.0)).temperature == 0
    plan = Plan.of(args)
    config = train_config(plan)
    assert plan.out == Path("runs") / out
    assert (config.model, config.tasks) == (model, tasks)
    assert config.sampling.temperature == plan.temperature == (0.6 if args.model else 1.0)
    assert (config.prompts_per_step < 48) == (args.language == "cpp" or bool(args.model))


@absent.needs_jdk
def test_a_folder_and_tasks_of_ones_own(tmp_path: Path, capsys: Capture) -> None:
    folder = tiny.save_policy(tmp_path / "mine")
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(30))
    args = ["quickstart", "--model", str(folder), "--tasks", str(tmp_path / "tasks.jsonl")]
    args += ["--out", str(tmp_path / "q"), "--steps", "1", "--samples", "2"]
    assert main(args) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 of the 30 tasks of" in shown
    assert "not measured" in shown  # the tasks have no tests
    summary = json.loads((tmp_path / "q" / "summary.json").read_text())
    assert summary["before"]["tasks"] == summary["after"]["tasks"] == 3
    assert summary["difference"]["pass@1"] is None
    [step] = (tmp_path / "q" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(step)["programs"] == 64
    page = (tmp_path / "q" / "report.html").read_text()
    assert f"RLCF quickstart: {folder}" in page
    assert (tmp_path / "q" / "policy" / "config.json").is_file()
    assert main(args) == 0
    assert "finished earlier" in " ".join(capsys.readouterr().out.split())


@absent.needs_jdk
def test_a_model_that_cannot_be_fetched_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)  # offline, as all tests
    assert main(["quickstart", "--model", "smollm2", "--eval-tasks", "4"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "model.safetensors of HuggingFaceTB/SmolLM2-135M-Instruct elsewhere" in line
    assert "GGUF file" in line
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["quickstart", "--model", "nosuchdir/"]) == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
