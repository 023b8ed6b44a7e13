"""PPO with a value head and generalised advantage estimation: the RLCF paper's algorithm.

The value head is linear and reads the policy's last hidden state, the one that a token is
predicted from: V_t is what the program is expected to be worth before token t is drawn. Rewards are
given token by token (the whole reward at the last one, or a rejection's spread by the credit
strategy); advantages are GAE (Schulman et al. 2016, arXiv 1506.02438, eq. 16), whitened over the
batch. A completion is an episode: nothing is expected after its last token, also where it was cut
off. The KL term stays in the loss, as with the other algorithms. All programs that were scored are
trained on, also those of prompts whose samples are all worth the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from rlcf.grounding.credit import blame_of
from rlcf.policy.completion import Batch, Completion, Group, longest
from rlcf.policy.logprobs import TokenScores, score_tokens
from rlcf.policy.model import Policy
from rlcf.training.algorithms.base import Algorithm, Array, Metrics, padded
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.losses import clipped_value_loss


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


class Ppo(Algorithm):
    """The value head and what it is for."""

    needs_hidden = True

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

    def advantages(self, batch: Batch) -> Metrics:
        """Values, returns and whitened advantages; each process computes its share."""
        groups = [g for g in batch.groups if any(not np.isnan(c.reward) for c in g)]
        mine = self.processes.share(groups)
        self._fill_values(mine)
        part = [[(c.values_T, *self._episode(c)) for c in group] for group in mine]
        for group, episodes in zip(groups, self.processes.gather(part), strict=True):
            for completion, found in zip(group, episodes, strict=True):
                completion.values_T, completion.returns_T, completion.advantages_T = found
        if not groups:
            return {}
        advantages_N = _joined(c.advantages_T for group in groups for c in group)
        mean, std = advantages_N.mean(), advantages_N.std() + 1e-8
        for completion in (c for group in groups for c in group):
            assert completion.advantages_T is not None
            completion.advantages_T = (completion.advantages_T - mean) / std
        return _fit(groups) | {"groups_trained": len(groups) / len(batch.groups)}

    def extra_loss(
        self, scores: TokenScores, completions: Sequence[Completion]
    ) -> tuple[torch.Tensor | None, Metrics]:
        """The clipped value loss over tokens of scored completions."""
        width, device = scores.mask_BT.shape[1], scores.mask_BT.device
        old_BT, returns_BT, scored_BT = (
            padded(rows, width).to(device)
            for rows in (
                [c.values_T for c in completions],
                [c.returns_T for c in completions],
                [np.ones_like(c.values_T) for c in completions],
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

    def _episode(self, completion: Completion) -> tuple[Array, Array]:
        """(T,) returns and advantages; empty where the reward is unknown."""
        if np.isnan(completion.reward):
            return completion.values_T, completion.values_T
        rewards_T = token_rewards(completion, self.policy.tokenizer, self.config.update.credit)
        values_T, c = completion.values_T, self.config
        advantages_T = gae(rewards_T, values_T, c.ppo.gamma, c.ppo.gae_lambda)
        return advantages_T + values_T, advantages_T

    @torch.no_grad()
    def _fill_values(self, groups: Sequence[Group]) -> None:
        """V_t of each token of the completions whose reward is known."""
        order, size = sorted(groups, key=longest), self.config.update.prompts_per_forward
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            scores = score_tokens(
                self.policy, chosen, self.config.sampling.temperature, hidden=True
            )
            values_BT = self.head(_states(scores))[:, :, 0].cpu().numpy()
            for values_T, c in zip(values_BT, (c for group in chosen for c in group), strict=True):
                known = 0 if np.isnan(c.reward) else len(c.token_ids)
                c.values_T = values_T[:known].copy()


def token_rewards(completion: Completion, tokenizer: Any, credit: str) -> Array:
    """(T,) rewards of a scored completion's tokens; they add up to its reward.

    Terminal: all of it at the last token. Localised: what a rejection costs is put where the
    credit strategy puts the blame.
    """
    reward, length = completion.reward, len(completion.token_ids)
    if credit == "localised" and reward < 0 and completion.result.errors:
        weights_T = blame_of(completion, tokenizer)
        if weights_T.min() < weights_T.max():  # else no token is known to be the cause
            return (reward * weights_T / length).astype(np.float32)
    rewards_T = np.zeros(length, dtype=np.float32)
    rewards_T[-1] = reward
    return rewards_T


def _states(scores: TokenScores) -> torch.Tensor:
    """(B, T, H) state that each token was predicted from, for the head, which is fp32."""
    assert scores.hidden_BTH is not None
    return scores.hidden_BTH.float()


def _joined(rows: Iterable[Array | None]) -> Array:
    return np.concatenate([row for row in rows if row is not None and len(row)])


def _fit(groups: Sequence[Group]) -> Metrics:
    """How well the values foretold the returns, over all tokens."""
    values_N = _joined(c.values_T for group in groups for c in group)
    returns_N = _joined(c.returns_T for group in groups for c in group)
    spread = float(returns_N.var())
    return {
        "value/mean": float(values_N.mean()),
        "value/return": float(returns_N.mean()),
        "value/explained": 1 - float((returns_N - values_N).var()) / spread if spread else 0.0,
    }
