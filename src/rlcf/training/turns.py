"""Training over turns (--turns): the model sees what the compiler said, and tries again.

After each turn every prompt with rejected programs is put once more, together with one of them and
its errors (`policy.prompting`), and as many programs are drawn for that as for any prompt. They are
a group of their own, each other's baseline, and learned from beside the first ones.

Credit is by turn: mending earns the first turn nothing, and a turn's rewards count `turn_discount`
times those of the turn before, so that a program that is right at once is worth more than one that
is mended. A discount over turns is from Kevin (arXiv 2507.11948), where earlier turns share in what
later ones earn; here a first turn that compiles has no later one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from rlcf.policy.checked import to_repair
from rlcf.policy.completion import Batch, Group
from rlcf.tasks.task import Task
from rlcf.training.algorithms.base import Metrics
from rlcf.training.config import TrainConfig
from rlcf.training.redraw import RollOut


def with_turns(
    batch: Batch, step: int, config: TrainConfig, roll_out: RollOut
) -> tuple[Batch, Metrics]:
    """The groups of a batch and those of the turns after it, with what the log says of these.

    Args:
        batch: with verdicts and rewards, of all processes.
        step: its number.
        config: the settings, of which `turns` and `turn_discount` count.
        roll_out: is asked for programs that repair others.
    """
    groups, last, told = list(batch.groups), batch.groups, Metrics()
    for turn in range(2, config.turns + 1):
        tasks = _repairs(last, f"turn-{config.seed}-{step}-{turn}")
        if not tasks:
            break
        mended = roll_out(tasks, f"turn {turn}")
        compiled_B = np.array([completion.compiled for completion in mended])
        told[f"turn_{turn}/prompts"] = float(len(tasks))
        if not np.isnan(compiled_B).all():
            told[f"turn_{turn}/compile_rate"] = float(np.nanmean(compiled_B))
        for completion in mended:
            completion.reward *= config.turn_discount ** (turn - 1)
        last = mended.groups
        groups += last
    return Batch(groups), told


def _repairs(groups: Sequence[Group], name: str) -> list[Task]:
    """Tasks with one of their rejected programs, for those that have some."""
    found = []
    for group in groups:
        rejected = [completion for completion in group if completion.compiled == 0]
        if rejected:
            chosen = random.Random(f"{name}-{group[0].task.task_id}").choice(rejected)
            found.append(to_repair(chosen.task, chosen))
    return found
