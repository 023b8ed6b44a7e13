"""Loss terms of the policy update, each with its source.

All work on (B, T) tensors of completion tokens with a mask, and are summed, not averaged: the
caller divides by the number of tokens in the whole step, so that neither micro-batches nor
lengths change a token's weight (Liu et al. 2025, "Dr. GRPO", arXiv 2503.20783, section 3).
"""

from __future__ import annotations

import torch


def clipped_policy_loss(
    logprobs_BT: torch.Tensor,
    old_logprobs_BT: torch.Tensor,
    advantages_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    clip: float,
) -> torch.Tensor:
    """PPO's clipped surrogate (Schulman et al. 2017, arXiv 1707.06347, eq. 7), summed.

    Args:
        logprobs_BT: log-probabilities now, in nats, with gradient.
        old_logprobs_BT: those that the samples were drawn with.
        advantages_BT: advantage of each token.
        mask_BT: 1.0 at tokens that count.
        clip: the ratio is clipped to 1 +- this.
    """
    ratio_BT = (logprobs_BT - old_logprobs_BT).clamp(-20, 20).exp()
    return _clipped(ratio_BT, advantages_BT, mask_BT, clip)


def gspo_loss(
    logprobs_BT: torch.Tensor,
    old_logprobs_BT: torch.Tensor,
    advantages_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    clip: float,
) -> torch.Tensor:
    """GSPO-token: one ratio per completion, the geometric mean of its tokens' ratios, clipped.

    Zheng et al. 2025, arXiv 2507.18071, eq. 13 and 14, which is eq. 5 where all tokens of a
    completion have one advantage. Their clip is 3e-4: a mean moves less than single tokens do.
    Arguments as `clipped_policy_loss`.
    """
    log_ratio_BT = (logprobs_BT - old_logprobs_BT).clamp(-20, 20) * mask_BT
    mean_B1 = log_ratio_BT.detach().sum(1, keepdim=True) / mask_BT.sum(1, keepdim=True).clamp(min=1)
    # Its value is the completion's ratio, its gradient the token's own.
    ratio_BT = (mean_B1 + log_ratio_BT - log_ratio_BT.detach()).exp()
    return _clipped(ratio_BT, advantages_BT, mask_BT, clip)


def cispo_loss(
    logprobs_BT: torch.Tensor,
    old_logprobs_BT: torch.Tensor,
    advantages_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    clip: float,
) -> torch.Tensor:
    """CISPO: REINFORCE with importance weights cut at 1 + clip; no token loses its gradient.

    MiniMax 2025 (MiniMax-M1), arXiv 2506.13585, eq. 4 and 5, without a lower bound, as there.
    Arguments as `clipped_policy_loss`.
    """
    weight_BT = importance_weights(logprobs_BT, old_logprobs_BT, 1 + clip)
    return -(weight_BT * advantages_BT * logprobs_BT * mask_BT).sum()


POLICY_LOSSES = {"ppo": clipped_policy_loss, "gspo": gspo_loss, "cispo": cispo_loss}


def importance_weights(
    logprobs_BT: torch.Tensor, sampled_BT: torch.Tensor, most: float
) -> torch.Tensor:
    """(B, T) ratios of probability now to that of the sampler, at most `most`; no gradient.

    Truncated importance sampling (Ionides 2008; for samplers that compute otherwise than the
    trainer, Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL
    training").
    """
    return (logprobs_BT.detach() - sampled_BT).clamp(-20, 20).exp().clamp(max=most)


def _clipped(
    ratio_BT: torch.Tensor, advantages_BT: torch.Tensor, mask_BT: torch.Tensor, clip: float
) -> torch.Tensor:
    clipped_BT = ratio_BT.clamp(1 - clip, 1 + clip)
    gain_BT = torch.minimum(ratio_BT * advantages_BT, clipped_BT * advantages_BT)
    return -(gain_BT * mask_BT).sum()


def kl_to_reference(
    logprobs_BT: torch.Tensor, reference_BT: torch.Tensor, mask_BT: torch.Tensor
) -> torch.Tensor:
    """Sum over tokens of the k3 estimate of KL(policy || reference), in nats.

    k3 = r - 1 - log r with r = reference / policy: unbiased for samples of the policy and never
    negative (Schulman 2020, "Approximating KL divergence").
    """
    log_ratio_BT = (reference_BT - logprobs_BT).clamp(-20, 20)
    return ((log_ratio_BT.exp() - 1 - log_ratio_BT) * mask_BT).sum()


def clipped_value_loss(
    values_BT: torch.Tensor,
    old_values_BT: torch.Tensor,
    returns_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    clip: float,
) -> torch.Tensor:
    """Half the squared error of the values, the worse of moved and clipped, summed.

    Not in the PPO paper, but in its authors' code (openai/baselines, ppo2) and, for language
    models, in Ziegler et al. 2019 (arXiv 1909.08593): a value gains nothing by moving farther than
    `clip` from what it was when the batch was drawn.
    """
    clipped_BT = old_values_BT + (values_BT - old_values_BT).clamp(-clip, clip)
    error_BT = torch.maximum((values_BT - returns_BT) ** 2, (clipped_BT - returns_BT) ** 2)
    return 0.5 * (error_BT * mask_BT).sum()
