"""What `rlcf train` passes on: LoRA, gradient checkpointing, PPO with both, trackers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

import tiny
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.policy.model import load_policy
from rlcf.tasks import write_tasks
from rlcf.training import trackers
from rlcf.training import train as train_module
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer

pytestmark = pytest.mark.in_process


class Picky(tiny.FakeCompiler):
    """Rejects programs whose completion holds one of some letters that references do not."""

    def check(self, programs: Any) -> Any:
        return super().check([p[p.index("(int a) {\n") :] for p in programs])


def config_in(tmp_path: Path, **changes: Any) -> TrainConfig:
    base = TrainConfig.of(
        model=str(tmp_path / "model"),
        tasks=str(tmp_path / "tasks.jsonl"),
        out=str(tmp_path / "run"),
        reward="compiler",
        comparator="none",
        steps=2,
        prompts_per_step=3,
        samples_per_prompt=4,
        lr=1e-2,
        max_new_tokens=12,
        precision="fp32",
        threads=1,
    )
    return base.but(**changes)


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.save_policy(tmp_path / "model")
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks())
    monkeypatch.setattr(
        train_module, "Toolchain", lambda language: Picky(bad=list("osl"), broken=[])
    )


def run(config: TrainConfig) -> tuple[Path, list[dict[str, float]]]:
    folder = train_module.train(config, Console(quiet=True))
    return folder, RunDir(Path(config.out)).metrics()


def test_sampling_and_training_agree(tmp_path: Path) -> None:
    _, rows = run(config_in(tmp_path))
    assert all(0 <= row["logprob_gap"] < 1e-4 for row in rows)
    assert all("seconds/compile" in row for row in rows)


@pytest.mark.parametrize("algorithm", ["rloo", "ppo"])
def test_checkpointing_changes_no_number(tmp_path: Path, algorithm: str) -> None:
    plain = run(config_in(tmp_path, algorithm=algorithm))
    frugal = run(
        config_in(
            tmp_path,
            algorithm=algorithm,
            gradient_checkpointing=True,
            out=str(tmp_path / "frugal"),
        )
    )
    a, b = (load_policy(str(folder)).model.state_dict() for folder, _ in (plain, frugal))
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=1e-3, atol=1e-4)
    if algorithm == "ppo":
        for one, other in zip(plain[1], frugal[1], strict=True):
            assert one["value/loss"] == pytest.approx(other["value/loss"], rel=1e-3)


def test_lora_trains_adapters_and_resumes(tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="peft is not installed")
    config = config_in(tmp_path, lora_rank=2, checkpoint_every=1)
    folder, rows = run(config)
    before, after = (load_policy(str(f)).model.state_dict() for f in (tmp_path / "model", folder))
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert rows[1]["kl"] > 0  # the base without adapters is the reference
    _, again = run(config.but(steps=3, resume=True))
    assert [row["step"] for row in again] == [1, 2, 3]


class Recorder:
    """A tracker that keeps what it is sent."""

    sent: list[tuple[int, dict[str, float]]]

    def __init__(self) -> None:
        self.sent, self.closed = [], False

    def log(self, values: dict[str, float], step: int) -> None:
        self.sent.append((step, values))

    def finish(self) -> None:
        self.closed = True


def test_trackers_get_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(trackers, "_start", lambda name, run, config: recorder)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    _, rows = run(config_in(tmp_path, tracker="tensorboard"))
    assert [step for step, _ in recorder.sent] == [1, 2]
    assert recorder.sent[0][1]["reward"] == rows[0]["reward"]
    assert recorder.closed


def test_unknown_and_missing_trackers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="unknown tracker 'mirror'"):
        run(config_in(tmp_path, tracker="mirror"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install"):
        run(config_in(tmp_path, tracker="wandb", out=str(tmp_path / "other")))


def test_a_trainer_of_its_own_needs_no_flags(tmp_path: Path) -> None:
    config = config_in(tmp_path, out=str(tmp_path / "own"))
    grounding = Grounding(Picky(bad=list("osl"), broken=[]), None, "compiler")
    run_dir = RunDir.open(tmp_path / "own", config, resume=False)
    trainer = Trainer(config, tiny.policy(), tiny.tasks(), grounding, None, run_dir)
    trainer.train(lambda step, metrics: None)
    assert trainer.step == 2
