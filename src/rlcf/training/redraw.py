"""Prompts that teach nothing give way to others (--redraw) and rest for a while (--rest).

A prompt whose programs are all worth the same has no gradient. Dynamic sampling as in Yu et al.
2025 (DAPO), arXiv 2503.14476, section 3.2, but with a bound on how often a step draws again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rlcf.policy.completion import Batch, Group
from rlcf.tasks.task import Task
from rlcf.training.algorithms.base import Metrics
from rlcf.training.algorithms.critic_free import signal_P
from rlcf.training.schedule import Schedule

RollOut = Callable[[Sequence[Task], str], Batch]
"""Draws, judges and rewards programs for tasks; the name tells its draws from the step's others."""


def replaced(
    batch: Batch, step: int, schedule: Schedule, roll_out: RollOut
) -> tuple[Batch, list[Group], Metrics]:
    """A batch of prompts that teach, as far as the bound lets them be found.

    Args:
        batch: with rewards, of all processes.
        step: its number.
        schedule: has the settings, names other prompts, and is told who rests.
        roll_out: is asked for programs of the others.

    Returns:
        The batch, the groups that gave way, and what the log says of them.
    """
    data, groups, gone = schedule.config.data, list(batch.groups), list[Group]()
    for again in range(1, (data.redraw or 0) + 1):
        idle = _idle(groups)
        drawn = [group[0].task for group in [*groups, *gone]]
        others = schedule.others(step, again, [groups[i][0].task for i in idle], drawn)
        if not others:
            break
        new = roll_out(list(others.values()), f"redraw {again}")
        for place, group in zip(others, new.groups, strict=True):
            gone.append(groups[idle[place]])
            groups[idle[place]] = group
    told: Metrics = {"redrawn": float(len(gone))} if data.redraw else {}
    if data.rest:
        rests = [*gone, *(groups[i] for i in _idle(groups))]
        schedule.let_rest([group[0].task for group in rests], step)
        told["resting"] = float(schedule.resting(step + 1))
    return Batch(groups), gone, told


def _idle(groups: Sequence[Group]) -> list[int]:
    """Places of the groups without signal."""
    return [int(i) for i in np.flatnonzero(~signal_P(Batch(list(groups)).rewards_PG))]
