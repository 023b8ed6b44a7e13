"""The example of one file does what the trainer does."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig
from rlcf.grounding import Grounding
from rlcf.policy.completion import Batch
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer
from small_runs import EasyCompiler, silent

CONFIG = TrainConfig.of(
    model="tiny",
    steps=1,
    prompts_per_step=5,
    samples_per_prompt=4,
    prompts_per_forward=1,
    lr=1e-3,
    warmup_steps=0,
    max_new_tokens=12,
    precision="fp32",
    seed=3,
)
FILE = Path(__file__).parents[1] / "examples" / "rlcf_minimal.py"


@pytest.fixture
def minimal(monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("rlcf_minimal", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "rlcf_minimal", module)
    spec.loader.exec_module(module)
    return module


def trained(out: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Trainer, ComparatorTrainer, Batch]:
    """A trainer after its first step, and that step's batch."""
    online = ComparatorTrainer(tiny.comparator(), OnlineConfig(), CONFIG.seed)
    grounding = Grounding(EasyCompiler("r", broken=["u"]), ComparatorJudge(online.comparator))
    run = RunDir.open(out, CONFIG, resume=False)
    trainer = Trainer(CONFIG, tiny.policy(), tiny.tasks(), grounding, online, run)
    seen: list[Batch] = []
    advantages = trainer.advantages

    def watched(batch: Batch) -> dict[str, float]:
        seen.append(batch)
        return advantages(batch)

    monkeypatch.setattr(trainer, "advantages", watched)
    trainer.train(silent)
    return trainer, online, seen[0]


def test_the_first_step_is_that_of_the_trainer(
    minimal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, online, batch = trained(tmp_path / "r", monkeypatch)
    for name, value in {"SAMPLES": 4, "MAX_NEW_TOKENS": 12, "LR": 1e-3, "SEED": 3}.items():
        monkeypatch.setattr(minimal, name, value)
    mine = minimal.Rlcf(tiny.policy(), tiny.comparator(), EasyCompiler("r", broken=["u"]))
    tasks = trainer.schedule.prompts(1)
    drawn = Batch(mine.draw(1, tasks))
    monkeypatch.setattr(mine, "draw", lambda *_: drawn.groups)
    mine.step(1, tasks)

    assert len({c.result.verdict for c in batch}) == 3
    assert batch.trained
    for found, wanted in zip(drawn, batch, strict=True):
        assert found.token_ids == wanted.token_ids
        np.testing.assert_equal(found.reward, wanted.reward)
        assert (found.advantages_T is None) == (wanted.advantages_T is None)
        if wanted.advantages_T is not None:
            np.testing.assert_array_equal(found.advantages_T, wanted.advantages_T)
    for model, other in (
        (mine.policy.model, trainer.policy.model),
        (mine.comparator, online.comparator),
    ):
        for a, b in zip(model.parameters(), other.parameters(), strict=True):
            # Adam divides by a gradient's size: one of nearly 0 keeps its rounding, at 1e-3 a step.
            torch.testing.assert_close(a, b, atol=5e-5, rtol=1e-4)
    start = tiny.policy().model.parameters()
    moved = zip(start, mine.policy.model.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in moved)
