"""The grounding function of RLCF: programs to rewards.

    rejected by the compiler                         -1
    accepted, and a reference to compare with        1 - w + w g_w(x, y, y*), w = 1 in the paper
    accepted, no reference or no comparator          +1

With `ranks`, g is replaced by the program's rank among those of its prompt that were compared, from
-1 to 1 with mean 0 (ours): a comparator that tells every program from a reference by its style puts
all of them near -1, where what is better hardly differs. The best of a group then gets as much
whether all are good or none is. So does the one that is best by a hair, and a group whose programs
are all alike gets 0.

(arXiv 2305.18341; how the parts are joined is inferred there.) A program that could not be
judged is NaN and never becomes a reward. Covers sources "rlcf", "compiler" and "comparator" (the
last two are the baselines that reviewers of the paper asked for). References are expected to be
filtered (`rlcf.languages.references`); this module does not compile them. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlcf.errors import UserError
from rlcf.languages.verdict import Compiler, CompileResult, Verdict
from rlcf.settings import unknown

SOURCES = ("rlcf", "compiler", "comparator")


class Judge(Protocol):
    """Compares a sample with its reference; `rlcf.comparator.judge` makes one."""

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> NDArray[np.float32]:
        """g_B in (-1, 1): above 0 where the completion looks more like a reference."""
        ...


@dataclass(frozen=True)
class Rewards:
    """Rewards of B programs, and the parts they are made of."""

    score_B: NDArray[np.float32]
    """The reward; NaN where it is unknown."""
    compiled_B: NDArray[np.float32]
    """1 accepted, 0 rejected, NaN unscored."""
    similarity_B: NDArray[np.float32]
    """The comparator's g; NaN where it was not asked."""
    results: tuple[CompileResult, ...]
    """The compiler's word on each program."""

    def part(self, chosen: slice) -> Rewards:
        """The rewards of some of the programs."""
        return Rewards(
            self.score_B[chosen],
            self.compiled_B[chosen],
            self.similarity_B[chosen],
            self.results[chosen],
        )

    @classmethod
    def joined(cls, parts: Sequence[Rewards]) -> Rewards:
        """Parts one after another."""
        return cls(
            np.concatenate([p.score_B for p in parts]),
            np.concatenate([p.compiled_B for p in parts]),
            np.concatenate([p.similarity_B for p in parts]),
            tuple(result for p in parts for result in p.results),
        )


@dataclass(frozen=True)
class Grounding:
    """Judges programs with a compiler and, where there is one, a comparator."""

    compiler: Compiler
    judge: Judge | None = None
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
        if self.source == "comparator" and self.judge is None:
            raise UserError("the reward 'comparator' needs a comparator")

    def __call__(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        references: Sequence[str | None],
    ) -> Rewards:
        """Reward each completion of its prompt; all three sequences are of one length."""
        programs = [p + c for p, c in zip(prompts, completions, strict=True)]
        distinct = list(dict.fromkeys(programs))
        by_program = dict(zip(distinct, self.compiler.check(distinct), strict=True))
        results = tuple(by_program[p] for p in programs)
        value = {Verdict.ACCEPTED: 1.0, Verdict.REJECTED: 0.0, Verdict.UNSCORED: np.nan}
        compiled_B = np.array([value[r.verdict] for r in results], dtype=np.float32)
        similarity_B = self._similarity(prompts, completions, references, compiled_B)
        g_B = ranks_within(prompts, similarity_B) if self.ranks else similarity_B
        return Rewards(self._join(compiled_B, g_B), compiled_B, similarity_B, results)

    def _similarity(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        references: Sequence[str | None],
        compiled_B: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        similarity_B = np.full(len(prompts), np.nan, dtype=np.float32)
        if self.judge is None or self.source == "compiler":
            return similarity_B
        asked = [
            i
            for i, reference in enumerate(references)
            if reference is not None and (self.source == "comparator" or compiled_B[i] == 1)
        ]
        if asked:
            similarity_B[asked] = self.judge(
                [prompts[i] for i in asked],
                [completions[i] for i in asked],
                [references[i] or "" for i in asked],
            )
        return similarity_B

    def _join(
        self, compiled_B: NDArray[np.float32], similarity_B: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        if self.source == "comparator":
            return similarity_B
        verdict_B = 2 * compiled_B - 1
        if self.source == "compiler":
            return verdict_B
        compare_B = (compiled_B == 1) & ~np.isnan(similarity_B)
        mixed_B = 1 - self.weight + self.weight * similarity_B
        return np.where(compare_B, mixed_B, verdict_B).astype(np.float32)


def ranks_within(groups: Sequence[str], value_B: NDArray[np.float32]) -> NDArray[np.float32]:
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
