"""What each process of `test_distributed` runs: a few steps of the real trainer on a tiny model.

python -m torch.distributed.run --nproc-per-node 2 tests/distributed_worker.py OUT [--resume]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

import tiny
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig
from rlcf.grounding import Grounding
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.rundir import NoRunDir, RunDir
from rlcf.training.train import Trainer

CONFIG = TrainConfig.of(
    model="tiny",
    steps=4,
    prompts_per_step=5,  # not divisible by two
    samples_per_prompt=4,
    prompts_per_forward=1,
    minibatches=2,
    lr=1e-3,
    max_new_tokens=12,
    checkpoint_every=2,
    credit="localised",
    average_from=2,
    reference_coef=0.5,
    reference_batch=7,
    precision="fp32",
)


class Picky(tiny.FakeCompiler):
    """Rejects programs whose completion holds an e."""

    def check(self, programs: Any) -> Any:
        return super().check([p[p.index("(int a) {\n") :] for p in programs])


def main(out: Path, resume: bool) -> None:
    torch.set_num_threads(1)
    processes = Processes.join()
    config = CONFIG.but(steps=6) if resume else CONFIG
    run = (RunDir if processes.first else NoRunDir).open(out, config, resume=resume)
    comparator = ComparatorTrainer(tiny.comparator(), OnlineConfig(batch_size=4), config.seed)
    grounding = Grounding(Picky(bad=["e"], broken=[]), ComparatorJudge(comparator.comparator))
    trainer = Trainer(
        config, tiny.policy(), tiny.tasks(), grounding, comparator, run, processes=processes
    )
    if resume and not trainer.resume():
        raise SystemExit("nothing to resume")
    trainer.train(lambda step, metrics: None)
    with trainer.learner.average.in_place():
        torch.save(trainer.policy.model.state_dict(), out / f"weights_{processes.rank}.pt")
    processes.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--resume" in sys.argv)
