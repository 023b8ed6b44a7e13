"""What each process of the PPO test in `test_ppo_resume` runs: the real trainer, tiny models.

python -m torch.distributed.run --nproc-per-node 2 tests/ppo_worker.py OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import tiny
from rlcf.grounding import Grounding
from rlcf.training.distributed import Processes
from rlcf.training.rundir import NoRunDir, RunDir
from rlcf.training.train import Trainer
from small_runs import CONFIG, EasyCompiler


def main(out: Path) -> None:
    torch.set_num_threads(1)
    processes = Processes.join()
    config = CONFIG.but(steps=3, prompts_per_step=5, credit="localised", kl_stop=0.05, lr=1e-2)
    run = (RunDir if processes.first else NoRunDir).open(out, config, resume=False)
    grounding = Grounding(EasyCompiler(), None, "compiler")
    trainer = Trainer(
        config, tiny.policy(), tiny.tasks(), grounding, None, run, processes=processes
    )
    trainer.train(lambda step, metrics: None)
    torch.save(
        [p.detach() for p in trainer.learner.parameters], out / f"weights_{processes.rank}.pt"
    )
    processes.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
