"""The grounding function of RLCF: completions to rewards.

    rejected by the compiler                         -1
    accepted, and a reference to compare with        1 - w + w g_w(x, y, y*), w = 1 in the paper
    accepted, no reference or no comparator          +1

With `ranks`, g is replaced by the program's rank among those of its prompt that were compared, from
-1 to 1 with mean 0 (ours): a comparator that tells every program from a reference by its style puts
all of them near -1, where what is better hardly differs. The best of a group then gets as much
whether all are good or none is. So does the one that is best by a hair, and a group whose programs
are all alike gets 0.

(arXiv 2305.18341; how the parts are joined is inferred there.) A program that could not be
judged is NaN and never becomes a reward. The sources "compiler" and "comparator" are the baselines
that reviewers of the paper asked for. References are expected to be filtered
(`rlcf.languages.references`); this module does not compile them. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlcf.errors import UserError
from rlcf.grounding.ahead import Judge
from rlcf.languages.verdict import Compiler
from rlcf.policy.completion import Completion
from rlcf.settings import unknown

SOURCES = ("rlcf", "compiler", "comparator")

Array = NDArray[np.float32]


class Similarity(Protocol):
    """Compares samples with their references; `rlcf.comparator` makes two kinds."""

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> Array:
        """g_B in (-1, 1): above 0 where the completion looks more like a reference."""
        ...


@dataclass(frozen=True)
class Grounding:
    """Rewards completions by a compiler and, where there is one, a comparator."""

    compiler: Compiler
    comparator: Similarity | None = None
    source: str = "rlcf"
    """Which parts make the reward: `rlcf`, `compiler` or `comparator`."""
    weight: float = 1.0
    """w, the comparator's share in the reward of accepted programs."""
    ranks: bool = False
    """Whether rewards are made of ranks within a prompt's group in place of g itself."""

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise unknown("reward", self.source, SOURCES)
        if not 0 <= self.weight <= 1:
            raise UserError(f"the comparator's weight must be between 0 and 1, not {self.weight}")
        if self.source == "comparator" and self.comparator is None:
            raise UserError("the reward 'comparator' needs a comparator")

    def __call__(self, completions: Sequence[Completion]) -> None:
        """Fill in verdicts, similarities and rewards."""
        Judge(self.compiler)(completions)
        self.reward(completions)

    def reward(self, completions: Iterable[Completion]) -> None:
        """Fill in similarities and rewards of completions that have a verdict."""
        completions = list(completions)
        self._compare([c for c in completions if self._is_compared(c)])
        g_B = np.array([c.similarity for c in completions], dtype=np.float32)
        if self.ranks:
            g_B = ranks_within([c.task.prompt for c in completions], g_B)
        compiled_B = np.array([c.compiled for c in completions], dtype=np.float32)
        for completion, reward in zip(completions, self._join(compiled_B, g_B), strict=True):
            completion.reward = float(reward)

    def _is_compared(self, completion: Completion) -> bool:
        if self.comparator is None or self.source == "compiler":
            return False
        known = self.source == "comparator" or completion.compiled == 1
        return known and completion.task.reference is not None

    def _compare(self, completions: Sequence[Completion]) -> None:
        if self.comparator is None or not completions:
            return
        g_B = self.comparator(
            [c.task.prompt for c in completions],
            [c.text for c in completions],
            [c.task.reference or "" for c in completions],
        )
        for completion, g in zip(completions, g_B, strict=True):
            completion.similarity = float(g)

    def _join(self, compiled_B: Array, g_B: Array) -> Array:
        if self.source == "comparator":
            return g_B
        verdict_B = 2 * compiled_B - 1
        if self.source == "compiler":
            return verdict_B
        mixed_B = 1 - self.weight + self.weight * g_B
        compare_B = (compiled_B == 1) & ~np.isnan(g_B)
        return np.where(compare_B, mixed_B, verdict_B).astype(np.float32)


def ranks_within(groups: Sequence[str], value_B: Array) -> Array:
    """Ranks in (-1, 1) of values among those of the same group; NaN stays NaN.

    n values that differ get -(n - 1) / n, ..., (n - 1) / n in steps of 2 / n; equal ones share the
    mean of their ranks.
    """
    rank_B = np.full(len(value_B), np.nan, dtype=np.float32)
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        if not np.isnan(value_B[i]):
            members.setdefault(group, []).append(i)
    for places in members.values():
        value_G = value_B[places]
        above_GG = np.sign(value_G[:, None] - value_G[None, :])
        rank_B[places] = above_GG.sum(1) / len(places)
    return rank_B
