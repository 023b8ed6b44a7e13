"""An agent at a task: it is told what to write, answers, reads what the compiler says, and mends.

What the environments of OpenEnv and TRL have in common. Needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlcf.errors import UserError
from rlcf.grounding.scorer import Answer, Judged
from rlcf.languages.feedback import errors_of
from rlcf.policy.prompting import INSTRUCTION
from rlcf.tasks.task import Task

TURNS = 3
DISCOUNT = 0.5
REJECTED = -1.0
"""What a program is worth that does not compile, and an episode without an answer."""


@dataclass(frozen=True)
class Told:
    """What an agent is told of an answer."""

    verdict: str
    """`accepted`, `rejected`, or `unscored`: our failure."""
    feedback: str
    """`accepted`, the compiler's first errors, or why there is no verdict."""
    reward: float | None
    """0 while the agent may still mend it; None where there is no verdict."""
    done: bool


class Episode:
    """One task and up to some answers."""

    def __init__(
        self,
        task: Task,
        score: Callable[[Sequence[Answer]], list[Judged]],
        turns: int = TURNS,
        discount: float = DISCOUNT,
    ) -> None:
        """`score` is a `Scorer`; rewards of a mended program count `discount` per turn, so that one
        that is right at once is worth more."""
        self.task, self.score, self.turns, self.discount = task, score, turns, discount
        self.turn, self.done = 0, False
        self.reward: float | None = REJECTED
        """Of the episode so far."""

    def answer(self, text: str) -> Told:
        """Judge an answer: a fenced block of code, or code alone.

        One that could not be judged takes no turn: it may be sent again.

        Raises:
            UserError: the episode is over.
        """
        if self.done:
            raise UserError("the episode is over: reset the environment")
        (judged,) = self.score([Answer(text, self.task.prompt, self.task.reference, chat=True)])
        if judged.score is None:
            self.reward = None
            return Told("unscored", f"no verdict: {judged.result.reason}", None, False)
        self.turn += 1
        if judged.compiled:
            mended = self.discount ** (self.turn - 1)
            self.reward, self.done = min(judged.score, judged.score * mended), True
            return Told("accepted", "accepted", self.reward, True)
        self.reward, self.done = judged.score, self.turn >= self.turns
        feedback = errors_of(judged.result, judged.program)
        return Told("rejected", feedback, self.reward if self.done else 0.0, self.done)


def instruction_of(task: Task) -> str:
    """What an agent is asked: the whole program, in a fenced block."""
    asked = INSTRUCTION.replace("{language}", task.language)
    return asked.replace("{prompt}", task.prompt.rstrip("\n"))
