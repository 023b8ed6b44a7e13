"""Which tasks a step uses: prompts to draw programs for, solutions to hold on to.

Every set is gone through in a new order each epoch; what step n gets follows from (seed, n) alone.
A step is divided between tasks with solutions and open tasks, which have none. Prompts that taught
nothing rest for a while (--rest) or give way at once (--redraw).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any

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
        self._resting: dict[str, int] = {}
        """Id of a task -> the last step that it leaves out."""

    def prompts(self, step: int) -> list[Task]:
        """The tasks to draw programs for, those without references last."""
        closed = self.config.prompts_per_step - self.open_count
        chosen = [
            *self._slice(self.tasks, closed, step, ""),
            *self._slice(self.open_tasks, self.open_count, step, "open-"),
        ]
        tired = [i for i, task in enumerate(chosen) if self._rests(task, step)]
        others = self.others(step, 0, [chosen[i] for i in tired], chosen)
        for place, other in others.items():
            chosen[tired[place]] = other
        return chosen

    def others(
        self, step: int, again: int, idle: Sequence[Task], besides: Iterable[Task]
    ) -> dict[int, Task]:
        """Tasks in place of idle ones, by their places: of the same set, awake, and not `besides`.

        A place is left out where there is none. `again` tells the draws of a step apart.
        """
        known, found = {task.task_id for task in besides}, dict[int, Task]()
        for pool, salt in ((self.tasks, ""), (self.open_tasks, "open-")):
            ids = {task.task_id for task in pool}
            places = [place for place, task in enumerate(idle) if task.task_id in ids]
            if places:
                order = _permutation(pool, f"{salt}other-{self.config.seed}-{step}-{again}")
                fresh = (pool[i] for i in order if pool[i].task_id not in known)
                awake = (task for task in fresh if not self._rests(task, step))
                found |= dict(zip(places, awake, strict=False))
        return found

    def let_rest(self, tasks: Collection[Task], step: int) -> None:
        """Leave them out of the next steps (--rest)."""
        if self.config.data.rest is not None:
            until = step + self.config.data.rest
            self._resting.update({task.task_id: until for task in tasks})

    def resting(self, step: int) -> int:
        """How many rest in a step."""
        return sum(until >= step for until in self._resting.values())

    def _rests(self, task: Task, step: int) -> bool:
        return self._resting.get(task.task_id, 0) >= step

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"resting": dict(self._resting)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self._resting = dict(state["resting"])

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
