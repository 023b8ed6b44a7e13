"""What an algorithm is to the learner, so that loop and learner are blind to which one it is.

An algorithm turns judged completions into an advantage for every token, may read the policy's
hidden states, and may add a loss and parameters of its own. Covers that interface, the credit
strategies, and the critic-free algorithms, each of which is one function from rewards to advantages
(`advantages`). Does not cover PPO (`ppo`) nor the policy's own loss (`losses`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.grounding.credit import blame_T, token_ends
from rlcf.policy.logprobs import TokenScores
from rlcf.policy.model import Policy
from rlcf.training.advantages import CRITIC_FREE, signal_P
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.rollouts import Rollouts

Array = NDArray[np.float32]
Metrics = dict[str, float]
Place = tuple[int, int]
"""A sample of a batch: the number of its prompt, and its own among that prompt's."""


class Targets(ABC):
    """What a batch of rollouts teaches; P prompts, G samples each."""

    def __init__(self, prompts: list[int], advantages_PG: Array, metrics: Metrics) -> None:
        self.prompts = prompts
        """Those to train on."""
        self.advantages_PG = advantages_PG
        """Mean advantage of each sample, for the log."""
        self.metrics = metrics

    @abstractmethod
    def tokens(self, prompt: int, sample: int) -> Array:
        """(T,) advantages of one sample's tokens."""

    def padded(self, places: Sequence[Place], width: int) -> torch.Tensor:
        """(B, T) advantages of some samples, 0 at padding."""
        return padded([self.tokens(*place) for place in places], width)


class Algorithm(ABC):
    """From rollouts to what the policy is to learn; the defaults suit algorithms without critic."""

    def __init__(self, config: TrainConfig, policy: Policy, processes: Processes) -> None:
        self.config, self.policy, self.processes = config, policy, processes

    @abstractmethod
    def targets(self, rollouts: Rollouts) -> Targets:
        """Advantages of a batch; the same in all processes."""

    needs_hidden: ClassVar[bool] = False
    """Whether `extra_loss` reads the scores' hidden states."""

    def extra_loss(
        self, scores: TokenScores, targets: Targets, places: Sequence[Place]
    ) -> tuple[torch.Tensor | None, Metrics]:
        """A loss beside the policy's, summed over tokens, and sums to be logged as means."""
        return None, {}

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameters beside the policy's, each group with its learning rate, `peak`."""
        return []

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs beside optimiser and policy."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        if state:
            raise ValueError(f"{type(self).__name__} keeps no state: {', '.join(state)}")


class CriticFree(Algorithm):
    """RLOO, GRPO, REINFORCE: prompts whose samples are all worth the same are left out."""

    def targets(self, rollouts: Rollouts) -> Targets:
        """One advantage a sample, spread over its tokens by the credit strategy."""
        advantages_PG = CRITIC_FREE[self.config.update.algorithm](rollouts.scores_PG)
        return _Spread(self, rollouts, advantages_PG)


class _Spread(Targets):
    def __init__(self, algorithm: CriticFree, rollouts: Rollouts, advantages_PG: Array) -> None:
        prompts = np.flatnonzero(signal_P(rollouts.scores_PG)).tolist()
        super().__init__(prompts, advantages_PG, {})
        self._algorithm, self._rollouts = algorithm, rollouts
        self._known: dict[tuple[int, int], Array] = {}

    def tokens(self, prompt: int, sample: int) -> Array:
        key, value = (prompt, sample), self.advantages_PG[prompt, sample]
        if key not in self._known:
            # Only blame is localised: of a good program no part is known to be the cause.
            weights_T = credit_T(self._algorithm, self._rollouts, *key, blame=value < 0)
            self._known[key] = value * weights_T
        return self._known[key]


def credit_T(
    algorithm: Algorithm, rollouts: Rollouts, prompt: int, sample: int, *, blame: bool
) -> Array:
    """(T,) weights of mean 1: a token's part in what the program was worth."""
    drawn, task = rollouts.groups[prompt][sample], rollouts.tasks[prompt]
    if algorithm.config.update.credit != "localised" or not blame:
        return np.ones(len(drawn.token_ids), dtype=np.float32)
    ends = token_ends(algorithm.policy.tokenizer, drawn.token_ids, drawn.prompt_ids)
    result = rollouts.rewards.results[prompt * rollouts.scores_PG.shape[1] + sample]
    return blame_T(result, task.program(drawn.text), len(task.prompt), drawn.places(ends))


def padded(rows: Sequence[Array], width: int) -> torch.Tensor:
    """(B, T) of rows of unequal length, 0 behind them."""
    values_BT = np.zeros((len(rows), width), dtype=np.float32)
    for i, row in enumerate(rows):
        values_BT[i, : len(row)] = row
    return torch.from_numpy(values_BT)


def make_algorithm(config: TrainConfig, policy: Policy, processes: Processes) -> Algorithm:
    """The configured algorithm."""
    if config.update.algorithm == "ppo":
        from rlcf.training.ppo import Ppo

        return Ppo(config, policy, processes)
    return CriticFree(config, policy, processes)
