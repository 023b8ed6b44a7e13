"""Log-probabilities of given completions: the forward pass that training differentiates.

Covers tempered log-probabilities and entropies of completion tokens, with the prompt of a group
computed once. Does not cover drawing completions
(`sampling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rlcf.policy.model import Policy
from rlcf.policy.sampling import Sample, prefill


@dataclass(frozen=True)
class TokenScores:
    """What the model thinks of completions, token by token; B samples, T the longest one."""

    logprobs_BT: torch.Tensor
    """Tempered log-probability of each token, in nats; 0 at padding."""
    entropy_BT: torch.Tensor
    """Entropy of the distribution each token was drawn from, in nats; without gradient."""
    mask_BT: torch.Tensor
    """1.0 at tokens, 0.0 at padding."""


def right_pad(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, T) token ids with the padding on the right, and the (B, T) mask of real tokens."""
    width = max(1, *(len(r) for r in rows))
    ids_BT = torch.full((len(rows), width), pad, dtype=torch.long)
    mask_BT = torch.zeros((len(rows), width), dtype=torch.long)
    for i, row in enumerate(rows):
        ids_BT[i, : len(row)] = torch.tensor(row, dtype=torch.long)
        mask_BT[i, : len(row)] = 1
    return ids_BT, mask_BT


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
        first_BV, cache, prompt_mask_BL, length_B = prefill(
            policy, [group[0].prompt_ids for group in groups], size
        )
        # The last token predicts nothing that we need, so it is not fed.
        inputs_BT = ids_BT[:, :-1]
        logits_BTV = first_BV[:, None]
        if inputs_BT.shape[1]:
            steps_T = torch.arange(inputs_BT.shape[1], device=policy.device)
            out = policy.model(
                input_ids=inputs_BT,
                attention_mask=torch.cat([prompt_mask_BL, mask_BT[:, :-1]], 1),
                position_ids=length_B[:, None] + steps_T,
                past_key_values=cache,
                use_cache=True,
            )
            logits_BTV = torch.cat([logits_BTV, out.logits], 1)
    mask_f_BT = mask_BT.float()
    logprobs_BTV = (logits_BTV.float() / (temperature or 1.0)).log_softmax(-1)
    logprobs_BT = logprobs_BTV.gather(2, ids_BT[:, :, None])[:, :, 0] * mask_f_BT
    with torch.no_grad():
        entropy_BT = -(logprobs_BTV.exp() * logprobs_BTV).sum(-1) * mask_f_BT
    return TokenScores(logprobs_BT, entropy_BT, mask_f_BT)
