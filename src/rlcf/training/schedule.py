"""Which tasks a step uses: prompts to draw programs for, solutions to hold on to.

Every set is gone through in a new order each epoch; what step n gets follows from (seed, n) alone.
A step is divided between tasks with solutions and open tasks, which have none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig


class Schedule:
    """The tasks of each step."""

    def __init__(
        self, config: TrainConfig, tasks: Sequence[Task], open_tasks: Sequence[Task] = ()
    ) -> None:
        """`tasks` have references; of `open_tasks` the compiler alone judges the programs."""
        self.config, self.tasks, self.open_tasks = config, list(tasks), list(open_tasks)
        self.open_count = config.open_count if self.open_tasks else 0

    def prompts(self, step: int) -> list[Task]:
        """The tasks to draw programs for, those without references last."""
        closed = self.config.prompts_per_step - self.open_count
        return [
            *self._slice(self.tasks, closed, step, ""),
            *self._slice(self.open_tasks, self.open_count, step, "open-"),
        ]

    def references(self, step: int) -> list[Task]:
        """Tasks whose references' cross-entropy joins the loss, beside those of the prompts."""
        return self._slice(self.tasks, self.config.anchor.reference_batch or 0, step, "reference-")

    def _slice(self, tasks: Sequence[Task], count: int, step: int, salt: str) -> list[Task]:
        """The step's part of one permutation after another."""
        chosen: list[Task] = []
        position = (step - 1) * count
        while len(chosen) < count:
            epoch, offset = divmod(position + len(chosen), len(tasks))
            order = _permutation(tasks, f"{salt}{self.config.seed}-{epoch}")
            chosen += [tasks[i] for i in order[offset : offset + count - len(chosen)]]
        return chosen


def _permutation(tasks: Sequence[Task], name: str) -> list[int]:
    """Tasks in an order of their own for each name, which a task more or less does not change."""
    ranks = [hashlib.sha256(f"{name}-{t.task_id}".encode()).digest() for t in tasks]
    return sorted(range(len(tasks)), key=ranks.__getitem__)
