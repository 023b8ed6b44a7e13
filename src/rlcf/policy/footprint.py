"""How much memory a pass that is trained on takes, and how many rows fit into one.

The backward pass's memory per token is measured on the model itself, not guessed from its config.
Weights, optimiser state and the output layer (`head`) come on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from rlcf.device import memory_of

if TYPE_CHECKING:
    from rlcf.policy.model import Policy

ROOM = 1 << 31
"""Bytes of activations in one pass on a CPU: more rows at once would not make it faster."""
_SHORT, _LONG = 16, 48


def bytes_per_token(policy: Policy) -> float:
    """Memory that the backward pass needs of each token, in bytes."""
    short, long = (_kept_for_backward(policy, length) for length in (_SHORT, _LONG))
    return max(1.0, (long - short) / (_LONG - _SHORT))


def activation_room(device: torch.device) -> int:
    """Bytes that activations of one pass may take on this device.

    By what the machine has rather than by what is free now: a run must not depend on others'.
    """
    if device.type == "cuda":
        return memory_of(device) // 3
    return min(ROOM, memory_of(device) // 6)


def _kept_for_backward(policy: Policy, length: int) -> int:
    """Bytes kept by a forward pass over one row of so many tokens, parameters left out."""
    known = {p.untyped_storage().data_ptr() for p in policy.model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in known:
            kept[place] = tensor  # held, so that no other tensor gets its place
        return tensor

    ids = [policy.tokenizer.eos_token_id] * length
    with (
        torch.enable_grad(),
        policy.precision(),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        policy.recomputing(),
    ):
        whole = policy.family.whole(policy, [ids], [ids])
    del whole
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def tokens_per_forward(policy: Policy) -> int:
    """Tokens, padding included, whose activations one pass has room for."""
    return int(activation_room(policy.device) / bytes_per_token(policy))


def split_rows(widths: Sequence[int], limit: int, most: int) -> list[slice]:
    """Divide rows of these widths, in order, into parts of at most `most` rows and `limit` tokens.

    Tokens count with the padding up to the widest row of a part.

    A row that is too wide by itself is a part of its own.
    """
    parts, start, widest = [], 0, 0
    for i, width in enumerate(widths):
        widest = max(widest, width)
        count = i + 1 - start
        if i > start and (count > most or widest * count > limit):
            parts.append(slice(start, i))
            start, widest = i, width
    return [*parts, slice(start, len(widths))] if widths else []
