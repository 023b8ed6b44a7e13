"""`rlcf export`: a folder that transformers loads, and a card with the run's own numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import eval_fakes
import tiny
from rlcf.cli import main
from rlcf.evaluation.score import score_completions
from rlcf.policy.model import load_policy


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    tiny.policy().save(made / "policy")
    settings = {"model": "org/base", "lr": 1e-5, "tasks": str(tmp_path), "comparator": None}
    (made / "config.json").write_text(json.dumps(settings))
    versions = {"python": "3.11.7", "packages": {"torch": "2.13.0"}}
    (made / "environment.json").write_text(json.dumps(versions))
    (made / "metrics.jsonl").write_text('{"step": 7, "reward": 0.25, "kl": 0.01}\n')
    return made


def score(path: Path, bad: int) -> None:
    completions = [["BAD"] if i < bad else ["}"] for i in range(6)]
    compilers = {"java": eval_fakes.FakeCompiler()}
    score_completions(tiny.tasks(), completions, compilers=compilers).save(path)


def test_the_folder_loads_and_the_card_has_the_numbers(run: Path, tmp_path: Path) -> None:
    score(run / "before.json", 3)
    score(tmp_path / "mine.json", 0)
    out = tmp_path / "model"
    assert (
        main(["export", str(run), "--out", str(out), "--after", str(tmp_path / "mine.json")]) == 0
    )
    assert load_policy(str(out)).parameters_count > 0
    card = (out / "README.md").read_text()
    assert "base_model: org/base" in card
    assert "| compile_rate | 50.0 % | 100.0 % | 50.0 % |" in card
    assert "| reward | 0.25 |" in card
    assert "| lr | 1e-05 |" in card
    assert "torch 2.13.0" in card
    assert str(tmp_path) not in card  # no paths of this machine
    assert "comparator" not in card


def test_without_measurements_nothing_is_claimed(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--out", str(tmp_path / "model")]) == 0
    assert "## Results" not in (tmp_path / "model" / "README.md").read_text()


def test_uploading_is_asked_for(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, dict[str, Any]]] = []

    class Api:
        def create_repo(self, name: str, **flags: Any) -> None:
            done.append((name, flags))

        def upload_folder(self, **flags: Any) -> None:
            done.append(("upload", flags))

    monkeypatch.setattr("huggingface_hub.HfApi", Api)
    out = tmp_path / "model"
    assert main(["export", str(run), "--out", str(out), "--push", "me/it"]) == 0
    assert done[0] == ("me/it", {"private": True, "exist_ok": True})
    assert done[1] == ("upload", {"repo_id": "me/it", "folder_path": out})


def test_what_is_missing_is_said(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), "--out", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["export", str(run), "--out", str(tmp_path / "m"), "--best"]) == 2
    assert "holds no model" in capsys.readouterr().err
