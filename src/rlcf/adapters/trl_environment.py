"""TRL's `environment_factory`: a model that may ask the compiler before its rollout ends.

    trainer = GRPOTrainer(
        model, train_dataset=dataset, environment_factory=lambda: CompilerEnvironment("java"), ...
    )

Written for TRL 1.16 (`environment_factory` of trl/trainer/grpo_trainer.py), which is not imported.
Columns of the data set: `prefix`, the beginning of the program, and `reference` for a comparator;
both may be missing. TRL makes tools of public methods, and one environment per rollout.
"""

from __future__ import annotations

from typing import Any

from rlcf.adapters.episode import DISCOUNT, TURNS, Episode
from rlcf.errors import UserError
from rlcf.grounding.scorer import shared_scorer
from rlcf.tasks.task import Task


class CompilerEnvironment:
    """An episode that the model drives by a tool; owns the reward."""

    def __init__(
        self,
        language: str = "java",
        *,
        comparator: str | None = None,
        weight: float = 0.5,
        turns: int = TURNS,
        discount: float = DISCOUNT,
    ) -> None:
        """Environments with the same language and comparator share a compiler in a process."""
        self._language, self._turns, self._discount = language, turns, discount
        self._scorer = shared_scorer(language, comparator, weight)
        self._episode: Episode | None = None

    def reset(self, **columns: Any) -> None:
        """Begin a rollout for a row of the data set."""
        task = Task(
            str(columns.get("task_id", "")),
            self._language,
            columns.get("prefix") or "",
            columns.get("reference") or columns.get("canonical_solution"),
        )
        self._episode = Episode(task, self._scorer, self._turns, self._discount)

    def submit(self, program: str) -> str:
        """
        Compile a program. If it is rejected, correct the errors and submit it again.

        Args:
            program: The whole program, from its first line to its last.

        Returns:
            "accepted", or the first errors of the compiler.
        """
        episode = self._episode
        if episode is None:
            raise UserError("reset the environment before the first program")
        if episode.done:
            return "The task is over: no more programs are taken."
        return episode.answer(program).feedback

    def get_reward(self) -> float | None:
        """That of the last program; that of a rejected one if there was none; None if unscored."""
        return None if self._episode is None else self._episode.reward
