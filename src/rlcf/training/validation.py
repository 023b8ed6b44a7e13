"""Validation while a model is trained: it writes programs for held-out tasks, which are scored.

Covers sampling, scoring and the one number that the best model is chosen by. Does not cover
keeping that model (`earlystop`, `loop`, `sft`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rlcf.errors import UserError
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.policy.model import Policy
from rlcf.policy.sampling import SamplingConfig
from rlcf.tasks import load_tasks

SHOWN = ("compile_rate", "pass@1", "length_ratio")


class Validation:
    """Samples the validation tasks and scores them."""

    def __init__(
        self,
        tasks: str,
        count: int,
        sampling: SamplingConfig,
        seed: int,
        language: str | None = None,
        n: int = 2,
        class_path: Sequence[str] = (),
    ) -> None:
        """Reads the tasks, so that a wrong name is told before the training, not in it.

        Args:
            tasks: a JSONL file or a name.
            count: at most so many of them, the first ones.
            sampling: how programs are drawn.
            seed: of the drawing.
            language: leave out tasks in other languages.
            n: programs a task.
            class_path: of Java programs.

        Raises:
            UserError: there are no such tasks.
        """
        found = [t for t in load_tasks(tasks) if language in (None, t.language)]
        if not found:
            raise UserError(f"{tasks} holds no task in {language}")
        self.tasks, self.sampling, self.seed, self.n = found[:count], sampling, seed, n
        self.class_path = class_path

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
            class_path=self.class_path,
        )
        totals = {k: v.mean for k, v in report.totals.items() if v is not None}
        found = {k: totals[k] for k in SHOWN if k in totals}
        if "pass@1" in found:
            return found | {"select": found["pass@1"]}
        rows = [r for r in report.rows if r.compiled is not None]
        sound = sum(bool(r.compiled) and not r.degenerate for r in rows)
        return found | {"select": sound / max(1, len(rows))}
