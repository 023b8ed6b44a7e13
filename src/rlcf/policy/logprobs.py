"""Log-probabilities of given completions: the forward pass that training differentiates.

Tempered log-probabilities and entropies of completion tokens, with the prompt of a group computed
once, and how far they are from those kept from sampling.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rlcf.policy.completion import Completion
from rlcf.policy.model import Policy
from rlcf.policy.padding import right_pad


@dataclass(frozen=True)
class TokenScores:
    """What the model thinks of completions, token by token; B samples, T the longest one."""

    logprobs_BT: torch.Tensor
    """Tempered log-probability of each token, in nats; 0 at padding."""
    entropy_BT: torch.Tensor
    """Entropy of the distribution each token was drawn from, in nats; without gradient."""
    mask_BT: torch.Tensor
    """1.0 at tokens, 0.0 at padding."""
    hidden_BTH: torch.Tensor | None = None
    """What the output embeddings were given to predict each token from; where it was asked for."""


def score_tokens(
    policy: Policy,
    groups: Sequence[Sequence[Completion]],
    temperature: float,
    *,
    hidden: bool = False,
) -> TokenScores:
    """Score samples, given as one group a prompt; groups must be of one size.

    The distribution is the one `sampling.draw` draws from: logits over `temperature`
    (1 where that is 0). Differentiable unless called under `torch.no_grad`. The prompt is computed
    once per group; with gradient checkpointing, which rules out a cache, once per sample. `hidden`
    asks for the states that a value head reads.
    """
    samples = [s for group in groups for s in group]
    ids_BT, mask_BT = right_pad([s.token_ids for s in samples], policy.tokenizer.pad_token_id)
    ids_BT, mask_BT = ids_BT.to(policy.device), mask_BT.to(policy.device)
    recompute = policy.gradient_checkpointing and torch.is_grad_enabled()
    with policy.precision(), _predicted_from(policy, hidden) as seen:
        if recompute:
            states_BTS, hidden_BTH = _without_cache(policy, samples, ids_BT.shape[1], seen)
        else:
            states_BTS, hidden_BTH = _with_cache(policy, groups, ids_BT, mask_BT, seen)
        real_BT = mask_BT.bool()
        scores_N = policy.head.scores(states_BTS[real_BT], ids_BT[real_BT], temperature or 1.0)
    zeros_BT = torch.zeros(ids_BT.shape, device=ids_BT.device)
    logprobs_BT, entropy_BT = (zeros_BT.masked_scatter(real_BT, s_N) for s_N in scores_N)
    return TokenScores(logprobs_BT, entropy_BT, mask_BT.float(), hidden_BTH)


Predictions = tuple[torch.Tensor, torch.Tensor | None]
"""(B, T, S) states that the completions' tokens are predicted from, for `policy.head`, and the
(B, T, H) ones that the output layer is given, where they were asked for."""


def _with_cache(
    policy: Policy,
    groups: Sequence[Sequence[Completion]],
    ids_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    seen: list[torch.Tensor],
) -> Predictions:
    size = len(groups[0])
    rows = policy.family.read(policy, [group[0].prompt_ids for group in groups], size)
    states_BTS = rows.states_BS[:, None]
    if ids_BT.shape[1] > 1:
        # The last token predicts nothing that we need, so it is not fed.
        later_BTS = rows.advance(ids_BT[:, :-1], mask_BT[:, :-1])
        states_BTS = torch.cat([states_BTS, later_BTS], 1)
    if not seen:
        return states_BTS, None
    first_B1H = seen[0][:, -1:].repeat_interleave(size, 0)
    return states_BTS, torch.cat([first_B1H, *seen[1:]], 1)


def _without_cache(
    policy: Policy, samples: Sequence[Completion], width: int, seen: list[torch.Tensor]
) -> Predictions:
    with policy.recomputing():
        whole = policy.family.whole(
            policy, [s.prompt_ids for s in samples], [s.token_ids for s in samples]
        )
    first_B1 = whole.completion_BL.int().argmax(1, keepdim=True)
    places_BT = first_B1 + torch.arange(width, device=first_B1.device)
    places_BT = places_BT.clamp(max=whole.targets_BL.shape[1] - 1)  # padding may lie beyond
    rows_B1 = torch.arange(len(samples), device=first_B1.device)[:, None]
    hidden_BTH = seen[0][rows_B1, places_BT + whole.skipped] if seen else None
    return whole.states_BLS[rows_B1, places_BT], hidden_BTH


@contextlib.contextmanager
def _predicted_from(policy: Policy, wanted: bool) -> Iterator[list[torch.Tensor]]:
    """Note what the output embeddings are given, if that is wanted."""
    seen: list[torch.Tensor] = []
    if not wanted:
        yield seen
        return
    hook = policy.model.get_output_embeddings().register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0])
    )
    try:
        yield seen
    finally:
        hook.remove()


@dataclass(frozen=True)
class LogprobGap:
    """How far the training forward is from the sampler, in nats per token."""

    mean: float
    largest: float


def logprob_gap(scores: TokenScores, groups: Sequence[Sequence[Completion]]) -> LogprobGap:
    """Compare log-probabilities kept from sampling with those of the training forward.

    Meaningful while the policy is still the one that the samples were drawn from. Rounding alone
    gives about 1e-5 in fp32, and a few hundredths where one of the two computes in bfloat16; more
    means that positions, masks or a cache are wrong, and the ratios of PPO with them.

    Args:
        scores: what `score_tokens` made of these groups, at the sampling temperature.
        groups: the samples.
    """
    drawn_N = np.concatenate([s.logprobs_T for group in groups for s in group])
    scored_N = scores.logprobs_BT.detach()[scores.mask_BT > 0].float().cpu().numpy()
    gap_N = np.abs(scored_N - drawn_N)
    return LogprobGap(float(gap_N.mean()), float(gap_N.max()))
