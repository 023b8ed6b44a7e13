"""The second half of a step: from judged completions to a changed policy.

Covers reference model, optimiser, micro-batches, credit and the loss. Every random choice follows
from (seed, step). With several processes each takes a share of the prompts, and the gradients are
added: the update is that of one process, but for the order of sums. Does not cover drawing and
judging (`rollouts`).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.errors import UserError
from rlcf.grounding.credit import blame_T, token_ends
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import Policy
from rlcf.policy.sampling import Sample
from rlcf.training.advantages import get_algorithm, signal_P
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.losses import clipped_policy_loss, kl_to_reference
from rlcf.training.rollouts import Rollouts

Metrics = dict[str, float]
_SUMS = ("kl", "entropy", "tokens")


class Learner:
    """Changes a policy by what its completions were worth."""

    def __init__(
        self, config: TrainConfig, policy: Policy, processes: Processes | None = None
    ) -> None:
        self.config, self.policy = config, policy
        self.processes = processes or Processes()
        self.reference = copy.copy(policy)
        self.reference.model = copy.deepcopy(policy.model).requires_grad_(False).eval()
        self.optimizer = torch.optim.AdamW(
            policy.model.parameters(), lr=config.lr, betas=(0.9, 0.99), weight_decay=0.0
        )

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {
            "model": self.policy.model.state_dict(),
            "reference": self.reference.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.policy.model.load_state_dict(state["model"])
        self.reference.model.load_state_dict(state["reference"])
        self.optimizer.load_state_dict(state["optimizer"])

    def update(self, rollouts: Rollouts, advantages_PG: NDArray[np.float32], step: int) -> Metrics:
        """Optimiser steps on one batch of rollouts; prompts without signal are left out.

        Raises:
            UserError: the gradient is not finite; the policy is as it was before it.
        """
        c = self.config
        lr = c.lr * min(1.0, step / max(1, c.warmup_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        order = np.flatnonzero(signal_P(rollouts.scores_PG)).tolist()
        random.Random(f"minibatch-{c.seed}-{step}").shuffle(order)
        size = max(1, -(-len(order) // c.minibatches))
        sums, norms = dict.fromkeys(_SUMS, 0.0), []
        for start in range(0, len(order), size):
            # Like lengths together: a forward pass is as long as its longest program.
            chosen = sorted(order[start : start + size], key=rollouts.longest)
            norms.append(self._minibatch(rollouts, advantages_PG, chosen, sums, step))
        sums = dict(zip(sums, self.processes.total(list(sums.values())), strict=True))
        tokens_seen = max(1.0, sums["tokens"])
        return {
            "kl": sums["kl"] / tokens_seen,
            "entropy": sums["entropy"] / tokens_seen,
            "grad_norm": sum(norms) / c.minibatches,
            "lr": lr,
        }

    def _minibatch(
        self,
        rollouts: Rollouts,
        advantages_PG: NDArray[np.float32],
        chosen: list[int],
        sums: Metrics,
        step: int,
    ) -> float:
        """One optimiser step on some prompts; returns the gradient's norm."""
        c = self.config
        tokens = sum(len(s.token_ids) for i in chosen for s in rollouts.groups[i])
        mine = self.processes.share(chosen)
        for first in range(0, len(mine), c.prompts_per_forward):
            part = mine[first : first + c.prompts_per_forward]
            for name, value in self._backward(rollouts, advantages_PG, part, tokens).items():
                sums[name] += value
        self.processes.add_gradients(self.policy.model.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.policy.model.parameters(), c.max_grad_norm)
        if not torch.isfinite(norm):
            self.optimizer.zero_grad()
            raise UserError(f"the gradient of step {step} is not finite: lower --lr and --resume")
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm.item()

    def _backward(
        self,
        rollouts: Rollouts,
        advantages_PG: NDArray[np.float32],
        chosen: Sequence[int],
        tokens: int,
    ) -> Metrics:
        """Add the gradient of some prompts' samples; returns sums over their tokens."""
        c = self.config
        groups = [rollouts.groups[i] for i in chosen]
        with torch.no_grad():
            reference_BT = score_tokens(self.reference, groups, c.temperature).logprobs_BT
        scores = score_tokens(self.policy, groups, c.temperature)
        old_BT = scores.logprobs_BT.detach()
        if c.minibatches > 1:
            old_BT = drawn_logprobs(groups, old_BT)
        advantages_BT = self._advantages(rollouts, advantages_PG, chosen, old_BT.shape[1])
        kl = kl_to_reference(scores.logprobs_BT, reference_BT, scores.mask_BT)
        loss = clipped_policy_loss(
            scores.logprobs_BT, old_BT, advantages_BT.to(old_BT.device), scores.mask_BT, c.clip
        )
        ((loss + c.kl_coef * kl) / tokens).backward()  # type: ignore[no-untyped-call]
        return {
            "kl": kl.item(),
            "entropy": scores.entropy_BT.sum().item(),
            "tokens": scores.mask_BT.sum().item(),
        }

    def _advantages(
        self,
        rollouts: Rollouts,
        advantages_PG: NDArray[np.float32],
        chosen: Sequence[int],
        width: int,
    ) -> torch.Tensor:
        """(B, T) advantages of the chosen prompts' samples, by the credit strategy."""
        size = self.config.samples_per_prompt
        advantages_BT = np.zeros((len(chosen) * size, width), dtype=np.float32)
        for row, (i, j) in enumerate((i, j) for i in chosen for j in range(size)):
            sample, task = rollouts.groups[i][j], rollouts.tasks[i]
            value = advantages_PG[i, j]
            weights_T = np.ones(len(sample.token_ids), dtype=np.float32)
            if self.config.credit == "localised" and value < 0:
                ends = token_ends(self.policy.tokenizer, sample.token_ids)
                result = rollouts.rewards.results[i * size + j]
                weights_T = blame_T(result, task.program(sample.text), len(task.prompt), ends)
            advantages_BT[row, : len(sample.token_ids)] = value * weights_T
        return torch.from_numpy(advantages_BT)


def sample_advantages(config: TrainConfig, rollouts: Rollouts) -> NDArray[np.float32]:
    """(P, G) advantages of whole completions, by the configured algorithm."""
    return get_algorithm(config.algorithm)(rollouts.scores_PG)


def drawn_logprobs(groups: Sequence[Sequence[Sample]], like_BT: torch.Tensor) -> torch.Tensor:
    """(B, T) log-probabilities that the samples were drawn with."""
    drawn_BT = torch.zeros_like(like_BT)
    for row, sample in enumerate(s for group in groups for s in group):
        drawn_BT[row, : len(sample.logprobs)] = torch.from_numpy(sample.logprobs)
    return drawn_BT
