"""Validation while a model is trained: it writes programs for held-out tasks, which are scored.

Chooses those tasks, samples, scores, and gives the one number that selects the best model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from rlcf.errors import UserError
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.languages.outcome import Runner
from rlcf.policy.model import Policy
from rlcf.policy.sampling import SamplingConfig
from rlcf.tasks import load_tasks
from rlcf.tasks.loaders import validation_of
from rlcf.tasks.task import Task

HELD_OUT = 0.1
"""Share of one's own tasks that is held out, where no others are named."""
SHOWN = ("compile_rate", "pass@1", "length_ratio")


@dataclass(frozen=True)
class Division:
    """Which tasks are trained on, and which the model is validated on."""

    training: list[Task]
    validation: list[Task]
    said: str
    """What the latter are, for the user."""


def divide(
    tasks: list[Task],
    source: str,
    validation: str,
    count: int,
    *,
    seed: int,
    language: str | None = None,
) -> Division:
    """Find the tasks to validate on: others than those that are trained on.

    Args:
        tasks: what there is to train on.
        source: what they were named as.
        validation: a JSONL file or a name; `auto`: the validation split of what `tasks` are
            from, if it has one, else a share of `tasks`, which is then held out of the training.
        count: at most so many, of a named set the first ones.
        seed: of the choice of what is held out.
        language: leave out validation tasks in other languages.

    Raises:
        UserError: there are no such tasks, or too few to hold some out.
    """
    name = validation_of(source) if validation == "auto" else validation
    if name is None:
        return _hold_out(tasks, source, count, seed)
    loaded = load_tasks(name, default_split="validation")
    found = [t for t in loaded if language in (None, t.language)][:count]
    if not found:
        raise UserError(f"{name} holds no task in {language}")
    return Division(tasks, found, f"{len(found)} tasks of {name}")


def _hold_out(tasks: list[Task], source: str, count: int, seed: int) -> Division:
    """The same tasks for the same seed, whatever their order: a run that goes on must find them."""
    if len(tasks) < 2:
        raise UserError(f"{source} has too few tasks to hold some out: name others by --validation")
    size = min(count, max(1, round(HELD_OUT * len(tasks))))
    ranked = sorted(tasks, key=lambda t: sha256(f"held-out-{seed}-{t.task_id}".encode()).digest())
    held = {task.task_id for task in ranked[:size]}
    return Division(
        [task for task in tasks if task.task_id not in held],
        [task for task in tasks if task.task_id in held],
        f"{size} of the {len(tasks)} tasks of {source}, which are held out of training",
    )


class Validation:
    """Samples the validation tasks and scores them."""

    def __init__(
        self,
        tasks: Sequence[Task],
        sampling: SamplingConfig,
        seed: int,
        n: int = 2,
        class_path: Sequence[str] = (),
        toolchain: Runner | None = None,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            tasks: those to write programs for; none of them is trained on.
            sampling: how programs are drawn.
            seed: of the drawing.
            n: programs a task.
            class_path: what programs are compiled against.
            toolchain: to judge with; without one, each validation starts its own.
        """
        self.tasks, self.sampling, self.seed, self.n = tasks, sampling, seed, n
        self.class_path = class_path
        self.toolchains = {toolchain.language: toolchain} if toolchain else {}

    def __call__(self, policy: Policy) -> dict[str, float]:
        """Compile rate, pass@1 where there are tests, and `select`, the one to maximise.

        The compile rate alone would select a collapsed policy, so that without tests the share
        of programs that compile and are not degenerate is taken.
        """
        report = evaluate_policy(
            policy,
            self.tasks,
            n=self.n,
            sampling=self.sampling,
            seed=self.seed,
            toolchains=self.toolchains,
            class_path=self.class_path,
        )
        totals = {k: v.mean for k, v in report.totals.items() if v is not None}
        found = {k: totals[k] for k in SHOWN if k in totals}
        if "pass@1" in found:
            return found | {"select": found["pass@1"]}
        rows = [r for r in report.rows if r.compiled is not None]
        sound = sum(bool(r.compiled) and not r.degenerate for r in rows)
        return found | {"select": sound / max(1, len(rows))}
