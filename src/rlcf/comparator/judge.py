"""The comparator as the grounding asks it: g_w(x, y, y*) of many programs at once.

Scores each distinct program once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlcf.comparator.model import Comparator, Program


@dataclass(frozen=True)
class ComparatorJudge:
    """Compares completions with references by a comparator's present weights."""

    comparator: Comparator

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> NDArray[np.float32]:
        """g_B = tanh(h(x, y) - h(x, y*)) in (-1, 1); 0 where both are the same."""
        samples = [Program(p, c) for p, c in zip(prompts, completions, strict=True)]
        wanted = [Program(p, r) for p, r in zip(prompts, references, strict=True)]
        distinct = list(dict.fromkeys(samples + wanted))
        score_B = self.comparator.score(distinct).numpy()
        score = dict(zip(distinct, score_B, strict=True))
        return np.array(
            [np.tanh(score[s] - score[w]) for s, w in zip(samples, wanted, strict=True)],
            dtype=np.float32,
        )
