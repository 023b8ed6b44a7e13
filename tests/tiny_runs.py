"""Training runs of a tiny model with a fake compiler, which tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tiny
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig
from rlcf.grounding import Grounding
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer

CONFIG = TrainConfig.of(
    model="tiny",
    steps=4,
    prompts_per_step=4,
    samples_per_prompt=4,
    prompts_per_forward=2,
    lr=1e-3,
    max_new_tokens=12,
    checkpoint_every=2,
    precision="fp32",
)


def trainer(config: TrainConfig, out: Path, *, resume: bool = False, bad: str = "e") -> Trainer:
    run = RunDir.open(out, config, resume=resume)
    comparator = ComparatorTrainer(tiny.comparator(), OnlineConfig(batch_size=4), config.seed)
    judge = ComparatorJudge(comparator.comparator)
    compiler = tiny.FakeCompiler(bad=[f"@{bad}"], broken=[])
    compiler.check = lambda programs: _check(programs, bad)  # type: ignore[method-assign]
    grounding = Grounding(compiler, judge, config.reward)
    return Trainer(config, tiny.policy(), tiny.tasks(), grounding, comparator, run)


def _check(programs: Any, bad: Any) -> Any:
    """Rejects programs whose completion holds the letter: a task that is easy to learn."""
    fake = tiny.FakeCompiler(bad=[bad], broken=[])
    tails = [p[p.index("(int a) {\n") :] for p in programs]
    return fake.check(tails)


def numbers(run: RunDir) -> list[dict[str, float]]:
    """The logged metrics without what depends on the clock."""
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in run.metrics()]


def silent(step: int, metrics: dict[str, float]) -> None:
    pass


class KilledError(Exception):
    """Ends a run as a crash does."""


def killed_and_resumed(config: TrainConfig, out: Path, stop_after: int) -> Trainer:
    """A run that was killed after a step, and resumed to its end."""

    def kill(step: int, metrics: dict[str, float]) -> None:
        if step == stop_after:
            raise KilledError

    with pytest.raises(KilledError):
        trainer(config, out).train(kill)
    again = trainer(config, out, resume=True)
    assert again.resume() == (stop_after >= config.run.checkpoint_every)
    again.train(silent)
    return again
