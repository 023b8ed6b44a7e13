"""One model of several that were trained from the same start: a weighted mean of weights.

Runs that differ in seed or settings learn the same thing with different noise, and each forgets
something else; their mean keeps what they share (Wortsman et al. 2022, "Model soups", arXiv
2203.05482). Going part of the way back to where they started gives up little of the reward for much
of what was forgotten (Rame et al. 2024, "WARP", arXiv 2406.16768, section 3.3). The models must
have one architecture, one vocabulary and one start: a mean of others means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rlcf.errors import UserError
from rlcf.policy.model import Policy, load_policy


def merged_policy(models: Sequence[str], *, base: str | None = None, share: float = 1.0) -> Policy:
    """The policy whose weights are (1 - share) base + share * mean(models), on the CPU.

    Args:
        models: hub names or folders, one at least.
        base: what they were trained from; needed unless `share` is 1.
        share: 0 gives the base back, 1 the mean of the models.

    Raises:
        UserError: nothing to merge, no base, a share that is none, or models that do not fit
            together.
    """
    if not models:
        raise UserError("nothing to merge: name at least one model")
    if not 0 <= share <= 1:
        raise UserError(f"--share {share:g} is not between 0 (the base) and 1 (the models)")
    if base is None and share < 1:
        raise UserError("--share is the way from the base to the models: give --base too")
    parts = [(name, share / len(models)) for name in models]
    if base is not None:
        parts.append((base, 1 - share))
    first = load_policy(models[0], device="cpu")
    total = {
        k: torch.zeros_like(v) if v.is_floating_point() else v for k, v in _state(first).items()
    }
    for name, weight in parts:
        policy = load_policy(name, device="cpu")
        _check_alike(first, policy)
        for key, value in _state(policy).items():
            if value.is_floating_point():
                total[key] += weight * value
    first.model.load_state_dict(total)
    return first


def _state(policy: Policy) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = policy.model.state_dict()
    return state


def _check_alike(one: Policy, other: Policy) -> None:
    shapes, others = ({k: v.shape for k, v in _state(p).items()} for p in (one, other))
    if shapes != others:
        key = next(k for k in [*shapes, *others] if shapes.get(k) != others.get(k))
        raise UserError(f"{one.name} and {other.name} are not of one architecture: {key} differs")
    if one.tokenizer.get_vocab() != other.tokenizer.get_vocab():
        raise UserError(f"{one.name} and {other.name} have different vocabularies")
