"""A completion, from the moment it is drawn to the update that learns from it: one record.

Sampling makes it; then the compiler's verdict, the reward and the advantages are filled in, the
update reads them, and `rollouts/` keeps it. Imports neither torch nor transformers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.policy.answers import Written
from rlcf.tasks.task import Task

Array = NDArray[np.float32]

_NOT_ASKED = CompileResult(Verdict.UNSCORED)
_WORTH = {Verdict.ACCEPTED: 1.0, Verdict.REJECTED: 0.0, Verdict.UNSCORED: math.nan}


def _no_tokens() -> Array:
    return np.zeros(0, dtype=np.float32)


@dataclass(eq=False)
class Completion:
    """What a model wrote for a task, and what is known of it so far."""

    task: Task
    """As compiler, comparator and tests see it."""
    text: str
    """The code, without special tokens, cut where it ends and closed (`stopping`)."""
    prompt_ids: tuple[int, ...] = ()
    token_ids: tuple[int, ...] = ()
    """Tokens drawn, with the end token if that was drawn."""
    logprobs_T: Array = field(default_factory=_no_tokens)
    """Log-probability of each drawn token, at the sampling temperature, in nats."""
    finished: bool = True
    """Ended by itself, rather than by the length limit."""
    written: Written | None = None
    """Where `text` stands in the decoded tokens; None: at their beginning."""

    result: CompileResult = _NOT_ASKED
    """The compiler's word."""
    similarity: float = math.nan
    """The comparator's g; NaN where it was not asked."""
    reward: float = math.nan
    """NaN where it is unknown."""
    advantages_T: Array | None = None
    """One per token; None where the prompt teaches nothing."""
    values_T: Array = field(default_factory=_no_tokens)
    """PPO's expectation before each token; empty where the reward is unknown."""
    returns_T: Array = field(default_factory=_no_tokens)
    """What PPO's values should have been."""

    @property
    def program(self) -> str:
        """The source that the compiler judges."""
        return self.task.program(self.text)

    @property
    def compiled(self) -> float:
        """1 accepted, 0 rejected, NaN unscored."""
        return _WORTH[self.result.verdict]

    def places(self, offsets: Sequence[int]) -> list[int]:
        """Where in `text` offsets of the decoded tokens are, in characters."""
        return list(offsets) if self.written is None else self.written.places(offsets)

    def to_json(self) -> dict[str, Any]:
        """A row of `rollouts/`."""
        advantages_T = _no_tokens() if self.advantages_T is None else self.advantages_T
        return {
            "task_id": self.task.task_id,
            "language": self.task.language,
            "prompt": self.task.prompt,
            "completion": self.text,
            **({"closing": self.task.closing} if self.task.closing else {}),
            **({"attempt": self.task.attempt.program} if self.task.attempt else {}),
            "tokens": len(self.token_ids),
            "finished": self.finished,
            "verdict": str(self.result.verdict),
            "diagnostics": [d.to_json() for d in self.result.diagnostics],
            "reward": number_or_none(self.reward),
            "similarity": number_or_none(self.similarity),
            "advantage": float(advantages_T.mean()) if len(advantages_T) else 0.0,
        }


Group = list[Completion]
"""The completions of one prompt."""


@dataclass(eq=False)
class Batch:
    """Completions of P prompts, G each."""

    groups: list[Group]

    def __iter__(self) -> Iterator[Completion]:
        """All of them, prompt by prompt."""
        return (completion for group in self.groups for completion in group)

    def __len__(self) -> int:
        return sum(len(group) for group in self.groups)

    @property
    def rewards_PG(self) -> Array:
        """NaN where unknown."""
        return np.array([[c.reward for c in group] for group in self.groups], dtype=np.float32)

    @property
    def trained(self) -> list[Group]:
        """Prompts that teach something, once there are advantages."""
        return [group for group in self.groups if group[0].advantages_T is not None]

    def rows(self) -> Iterator[dict[str, Any]]:
        """What `rollouts/` keeps of it."""
        for group in self.groups:
            for number, completion in enumerate(group):
                yield completion.to_json() | {"sample": number}


def longest(group: Sequence[Completion]) -> int:
    """Tokens of the longest of some completions."""
    return max(len(c.token_ids) for c in group)


def number_or_none(value: float) -> float | None:
    """None for NaN, which JSON does not have."""
    return None if math.isnan(value) else float(value)
