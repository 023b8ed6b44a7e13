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
