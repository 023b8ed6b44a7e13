"""Log-probabilities of given completions: the forward pass that training differentiates.

Covers tempered log-probabilities and entropies of completion tokens, with the prompt of a group
computed once, and how far they are from those kept from sampling. Does not cover drawing
completions (`sampling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rlcf.policy.model import Policy
from rlcf.policy.padding import right_pad
from rlcf.policy.sampling import Sample


@dataclass(frozen=True)
class TokenScores:
    """What the model thinks of completions, token by token; B samples, T the longest one."""

    logprobs_BT: torch.Tensor
    """Tempered log-probability of each token, in nats; 0 at padding."""
    entropy_BT: torch.Tensor
    """Entropy of the distribution each token was drawn from, in nats; without gradient."""
    mask_BT: torch.Tensor
    """1.0 at tokens, 0.0 at padding."""


def score_tokens(
    policy: Policy,
    groups: Sequence[Sequence[Sample]],
    temperature: float,
) -> TokenScores:
    """Score samples, given as one group a prompt; groups must be of one size.

    The distribution is the one `sampling.draw` draws from: logits over `temperature`
    (1 where that is 0). Differentiable unless called under `torch.no_grad`.
    """
    size = len(groups[0])
    samples = [s for group in groups for s in group]
    ids_BT, mask_BT = right_pad([s.token_ids for s in samples], policy.tokenizer.pad_token_id)
    ids_BT, mask_BT = ids_BT.to(policy.device), mask_BT.to(policy.device)
    with policy.precision():
        rows = policy.family.read(policy, [group[0].prompt_ids for group in groups], size)
        logits_BTV = rows.logits_BV[:, None]
        if ids_BT.shape[1] > 1:
            # The last token predicts nothing that we need, so it is not fed.
            later_BTV = rows.advance(ids_BT[:, :-1], mask_BT[:, :-1])
            logits_BTV = torch.cat([logits_BTV, later_BTV], 1)
    mask_f_BT = mask_BT.float()
    logprobs_BTV = (logits_BTV.float() / (temperature or 1.0)).log_softmax(-1)
    logprobs_BT = logprobs_BTV.gather(2, ids_BT[:, :, None])[:, :, 0] * mask_f_BT
    with torch.no_grad():
        entropy_BT = -(logprobs_BTV.exp() * logprobs_BTV).sum(-1) * mask_f_BT
    return TokenScores(logprobs_BT, entropy_BT, mask_f_BT)


@dataclass(frozen=True)
class LogprobGap:
    """How far the training forward is from the sampler, in nats a token."""

    mean: float
    largest: float


def logprob_gap(scores: TokenScores, groups: Sequence[Sequence[Sample]]) -> LogprobGap:
    """Compare log-probabilities kept from sampling with those of the training forward.

    Meaningful while the policy is still the one that the samples were drawn from. Rounding alone
    gives about 1e-5 in fp32, and a few hundredths where one of the two computes in bfloat16; more
    means that positions, masks or a cache are wrong, and the ratios of PPO with them.

    Args:
        scores: what `score_tokens` made of these groups, at the sampling temperature.
        groups: the samples.
    """
    drawn_N = np.concatenate([s.logprobs for group in groups for s in group])
    scored_N = scores.logprobs_BT.detach()[scores.mask_BT > 0].float().cpu().numpy()
    gap_N = np.abs(scored_N - drawn_N)
    return LogprobGap(float(gap_N.mean()), float(gap_N.max()))
