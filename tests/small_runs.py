"""Small training runs on a task that is easy to learn, for the tests of several modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import tiny
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig
from rlcf.grounding import Grounding
from rlcf.languages.verdict import CompileResult
from rlcf.policy.completion import Batch
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer
from rlcf.training.update import Learner

CONFIG = TrainConfig.of(
    model="tiny",
    algorithm="ppo",
    steps=4,
    prompts_per_step=4,
    samples_per_prompt=4,
    prompts_per_forward=2,
    epochs=2,
    minibatches=2,
    lr=1e-3,
    kl_target=0.01,
    max_new_tokens=12,
    checkpoint_every=2,
    precision="fp32",
)


class EasyCompiler(tiny.FakeCompiler):
    """Rejects programs whose completion holds a letter: a task that is easy to learn."""

    def __init__(self, bad: str = "e", broken: Sequence[str] = ()) -> None:
        super().__init__([bad], broken)

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        shift = [p.index("(int a) {\n") for p in programs]
        found = super().check([p[s:] for p, s in zip(programs, shift, strict=True)])
        return [
            replace(
                r,
                diagnostics=tuple(
                    replace(d, start=d.start + s, end=d.end + s) for d in r.diagnostics
                ),
            )
            for r, s in zip(found, shift, strict=True)
        ]


def trainer(
    config: TrainConfig, out: Path, validate: Any = None, *, resume: bool = False
) -> Trainer:
    run = RunDir.open(out, config, resume=resume)
    comparator = ComparatorTrainer(tiny.comparator(), OnlineConfig(batch_size=4), config.seed)
    grounding = Grounding(EasyCompiler(), ComparatorJudge(comparator.comparator), config.reward)
    return Trainer(config, tiny.policy(), tiny.tasks(), grounding, comparator, run, validate)


def batch_of(learner: Learner, compiler: tiny.FakeCompiler | None = None) -> Batch:
    """Drawn and rewarded."""
    sampling = SamplingConfig(1.0, None, 12)
    batch = Batch(sample_tasks(learner.policy, tiny.tasks(4), 4, sampling, seed=0))
    Grounding(compiler or EasyCompiler())(list(batch))
    return batch


def learn(
    learner: Learner, batch: Batch, step: int = 1, references: Sequence[Task] = ()
) -> dict[str, float]:
    """Advantages and update."""
    return learner.algorithm.advantages(batch) | learner.update(batch, step, references)


def numbers(run: RunDir) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in run.metrics()]


def silent(step: int, metrics: dict[str, float]) -> None:
    pass


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)
