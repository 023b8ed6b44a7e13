"""RLOO, GRPO and REINFORCE: one small function each from rewards to advantages.

The functions take rewards as (P, G), P prompts with G samples each, NaN where a sample could not be
scored, and return advantages of that shape, 0 where there is nothing to learn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rlcf.grounding.credit import blame_of
from rlcf.policy.completion import Batch, Completion
from rlcf.policy.model import Policy
from rlcf.training.algorithms.base import Algorithm, Array, Metrics
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes

Baseline = Callable[[Array], Array]


def signal_P(rewards_PG: Array) -> NDArray[np.bool_]:
    """Prompts whose scored samples differ in reward; the others cannot teach anything."""
    known_PG = ~np.isnan(rewards_PG)
    high_P = np.where(known_PG, rewards_PG, -np.inf).max(1)
    low_P = np.where(known_PG, rewards_PG, np.inf).min(1)
    distinct: NDArray[np.bool_] = (known_PG.sum(1) >= 2) & (high_P - low_P > 1e-6)
    return distinct


def rloo(rewards_PG: Array) -> Array:
    """REINFORCE leave-one-out: reward less the mean of the prompt's other samples.

    Ahmadian et al. 2024, arXiv 2402.14740, section 2.
    """
    count_P1 = (~np.isnan(rewards_PG)).sum(1, keepdims=True)
    others = np.maximum(count_P1 - 1, 1)
    total_P1 = np.nansum(rewards_PG, 1, keepdims=True)
    baseline_PG = (total_P1 - rewards_PG) / others
    return _masked(rewards_PG - baseline_PG, rewards_PG)


def grpo(rewards_PG: Array) -> Array:
    """Group-relative: reward less the prompt's mean, over the prompt's standard deviation.

    Shao et al. 2024 (DeepSeekMath), arXiv 2402.03300, section 4.1.
    """
    safe_PG = np.where(signal_P(rewards_PG)[:, None], rewards_PG, 0)
    mean_P1 = np.nanmean(safe_PG, 1, keepdims=True)
    std_P1 = np.nanstd(safe_PG, 1, keepdims=True)
    return _masked((safe_PG - mean_P1) / (std_P1 + 1e-4), rewards_PG)


def reinforce(rewards_PG: Array) -> Array:
    """REINFORCE with the batch's mean reward as baseline (Williams 1992)."""
    if np.isnan(rewards_PG).all():
        return np.zeros_like(rewards_PG)
    advantage_PG = rewards_PG - np.nanmean(rewards_PG)
    return np.nan_to_num(advantage_PG, nan=0.0).astype(np.float32)


class CriticFree(Algorithm):
    """Leaves out prompts whose samples are all worth the same."""

    def __init__(
        self, baseline: Baseline, config: TrainConfig, policy: Policy, processes: Processes
    ) -> None:
        super().__init__(config, policy, processes)
        self.baseline = baseline

    def advantages(self, batch: Batch) -> Metrics:
        """One advantage per completion, spread over its tokens by the credit strategy."""
        rewards_PG = batch.rewards_PG
        advantages_PG = self.baseline(rewards_PG)
        for i in np.flatnonzero(signal_P(rewards_PG)):
            for completion, value in zip(batch.groups[i], advantages_PG[i], strict=True):
                completion.advantages_T = value * self._weights_T(completion, value)
        return {}

    def _weights_T(self, completion: Completion, value: np.float32) -> Array:
        # Only blame is localised: of a good program no part is known to be the cause.
        if self.config.update.credit == "localised" and value < 0:
            return blame_of(completion, self.policy.tokenizer)
        return np.ones(len(completion.token_ids), dtype=np.float32)


def _masked(advantage_PG: Array, rewards_PG: Array) -> Array:
    keep_PG = signal_P(rewards_PG)[:, None] & ~np.isnan(rewards_PG)
    return np.where(keep_PG, advantage_PG, 0).astype(np.float32)
