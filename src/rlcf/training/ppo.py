"""PPO with a value head and generalised advantage estimation: the RLCF paper's algorithm.

The value head is linear and reads the policy's last hidden state, the one that a token is
predicted from: V_t is what the program is expected to be worth before token t is drawn. Rewards are
given token by token (the whole reward at the last one, or a rejection's spread by the credit
strategy); advantages are GAE (Schulman et al. 2016, arXiv 1506.02438, eq. 16), whitened over the
batch. A completion is an episode: nothing is expected after its last token, also where it was cut
off. The KL term stays in the loss, as with the other algorithms. All programs that were scored are
trained on, also those of prompts whose samples are all worth the same. Covers targets and value
loss. Does not cover the clipped policy loss (`losses`) nor epochs and minibatches (`learner`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from rlcf.policy.logprobs import TokenScores, score_tokens
from rlcf.policy.model import Policy
from rlcf.training.algorithms import Algorithm, Metrics, Place, Targets, credit_T, padded
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.losses import clipped_value_loss
from rlcf.training.rollouts import Rollouts

Array = NDArray[np.float32]


def gae(rewards_T: Array, values_T: Array, gamma: float, lam: float) -> Array:
    """(T,) advantages of one episode that ends with its last token.

    A_t = delta_t + gamma lam A_(t+1), delta_t = r_t + gamma V_(t+1) - V_t, V_T = 0.
    """
    advantages_T = np.zeros(len(rewards_T), dtype=np.float64)
    next_value = next_advantage = 0.0
    for t in reversed(range(len(rewards_T))):
        delta = rewards_T[t] + gamma * next_value - values_T[t]
        next_advantage = delta + gamma * lam * next_advantage
        advantages_T[t], next_value = next_advantage, values_T[t]
    return advantages_T.astype(np.float32)


@dataclass(frozen=True)
class Episode:
    """One sample as PPO sees it; empty where it could not be scored."""

    values_T: Array
    returns_T: Array
    advantages_T: Array


class PpoTargets(Targets):
    """Advantages and returns of every token."""

    def __init__(
        self,
        prompts: list[int],
        advantages_PG: Array,
        metrics: Metrics,
        episodes: dict[int, list[Episode]],
    ) -> None:
        super().__init__(prompts, advantages_PG, metrics)
        self.episodes = episodes

    def tokens(self, prompt: int, sample: int) -> Array:
        """(T,) whitened advantages; none where the sample could not be scored."""
        return self.episodes[prompt][sample].advantages_T


class Ppo(Algorithm):
    """The value head and what it is for."""

    def __init__(self, config: TrainConfig, policy: Policy, processes: Processes) -> None:
        super().__init__(config, policy, processes)
        width = policy.model.get_output_embeddings().weight.shape[1]
        # From zero: the first advantages are the plain returns, and all processes begin alike.
        self.head = nn.Linear(width, 1).to(policy.device)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The head, which learns faster than the policy."""
        return [{"params": list(self.head.parameters()), "peak": self.config.ppo.value_lr}]

    def state_dict(self) -> dict[str, Any]:
        """The head; its optimiser state is the learner's."""
        return {"head": self.head.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.head.load_state_dict(state["head"])

    needs_hidden = True

    def extra_loss(
        self, scores: TokenScores, targets: Targets, places: Sequence[Place]
    ) -> tuple[torch.Tensor | None, Metrics]:
        """The clipped value loss over tokens of scored samples."""
        assert isinstance(targets, PpoTargets)
        episodes = [targets.episodes[i][j] for i, j in places]
        width, device = scores.mask_BT.shape[1], scores.mask_BT.device
        old_BT, returns_BT, scored_BT = (
            padded(rows, width).to(device)
            for rows in (
                [e.values_T for e in episodes],
                [e.returns_T for e in episodes],
                [np.ones_like(e.values_T) for e in episodes],
            )
        )
        hidden_BTH = _states(scores)
        if not self.config.ppo.value_trunk:
            hidden_BTH = hidden_BTH.detach()
        values_BT = self.head(hidden_BTH)[:, :, 0]
        loss = clipped_value_loss(
            values_BT, old_BT, returns_BT, scored_BT, self.config.ppo.value_clip
        )
        return self.config.ppo.value_coef * loss, {"value/loss": loss.item()}

    def targets(self, rollouts: Rollouts) -> PpoTargets:
        """Values, returns and advantages of a batch; each process computes its share."""
        scores_PG = rollouts.scores_PG
        prompts = np.flatnonzero(~np.isnan(scores_PG).all(1)).tolist()
        mine = self.processes.share(prompts)
        values = self._values(rollouts, mine)
        part = [
            [self._episode(rollouts, i, j, values_T) for j, values_T in enumerate(values[i])]
            for i in mine
        ]
        episodes = dict(zip(prompts, self.processes.gather(part), strict=True))
        every = [e for group in episodes.values() for e in group if len(e.values_T)]
        if not every:
            return PpoTargets([], np.zeros_like(scores_PG), {}, {})
        advantages_N = np.concatenate([e.advantages_T for e in every])
        metrics = _fit(every) | {"groups_trained": len(prompts) / len(scores_PG)}
        mean, std = advantages_N.mean(), advantages_N.std() + 1e-8
        white = {
            i: [Episode(e.values_T, e.returns_T, (e.advantages_T - mean) / std) for e in group]
            for i, group in episodes.items()
        }
        means_PG = np.zeros_like(scores_PG)
        for i, group in white.items():
            means_PG[i] = [e.advantages_T.mean() if len(e.advantages_T) else 0.0 for e in group]
        return PpoTargets(prompts, means_PG, metrics, white)

    def _episode(self, rollouts: Rollouts, prompt: int, sample: int, values_T: Array) -> Episode:
        score = rollouts.scores_PG[prompt, sample]
        if np.isnan(score):
            return Episode(*(np.zeros(0, dtype=np.float32) for _ in range(3)))
        rewards_T = token_rewards(self, rollouts, prompt, sample)
        advantages_T = gae(rewards_T, values_T, self.config.ppo.gamma, self.config.ppo.gae_lambda)
        return Episode(values_T, advantages_T + values_T, advantages_T)

    @torch.no_grad()
    def _values(self, rollouts: Rollouts, prompts: list[int]) -> dict[int, list[Array]]:
        """V_t of each token of each sample of some prompts."""
        found: dict[int, list[Array]] = {}
        order, size = sorted(prompts, key=rollouts.longest), self.config.update.prompts_per_forward
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            groups = [rollouts.groups[i] for i in chosen]
            scores = score_tokens(
                self.policy, groups, self.config.sampling.temperature, hidden=True
            )
            samples = [s for group in groups for s in group]
            values_BT = self.head(_states(scores))[:, :, 0].cpu().numpy()
            rows = [
                values_T[: len(s.token_ids)].copy()
                for values_T, s in zip(values_BT, samples, strict=True)
            ]
            per = len(groups[0])
            for place, i in enumerate(chosen):
                found[i] = rows[place * per : (place + 1) * per]
        return found


def token_rewards(algorithm: Algorithm, rollouts: Rollouts, prompt: int, sample: int) -> Array:
    """(T,) rewards of a scored sample's tokens; they add up to its reward.

    Terminal: all of it at the last token. Localised: what a rejection costs is put where the
    credit strategy puts the blame.
    """
    score = float(rollouts.scores_PG[prompt, sample])
    length = len(rollouts.groups[prompt][sample].token_ids)
    result = rollouts.rewards.results[prompt * rollouts.scores_PG.shape[1] + sample]
    if algorithm.config.update.credit == "localised" and score < 0 and result.errors:
        weights_T = credit_T(algorithm, rollouts, prompt, sample, blame=True)
        if weights_T.min() < weights_T.max():  # else no token is known to be the cause
            return (score * weights_T / length).astype(np.float32)
    rewards_T = np.zeros(length, dtype=np.float32)
    rewards_T[-1] = score
    return rewards_T


def _states(scores: TokenScores) -> torch.Tensor:
    """(B, T, H) state that each token was predicted from, for the head, which is fp32."""
    assert scores.hidden_BTH is not None
    return scores.hidden_BTH.float()


def _fit(episodes: Sequence[Episode]) -> Metrics:
    """How well the values foretold the returns, over all tokens."""
    values_N = np.concatenate([e.values_T for e in episodes])
    returns_N = np.concatenate([e.returns_T for e in episodes])
    spread = float(returns_N.var())
    return {
        "value/mean": float(values_N.mean()),
        "value/return": float(returns_N.mean()),
        "value/explained": 1 - float((returns_N - values_N).var()) / spread if spread else 0.0,
    }
