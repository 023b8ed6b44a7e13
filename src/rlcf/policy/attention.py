"""Which attention computes the passes that are differentiated.

On CPUs the fused attention's backward pass is several times slower than plain matrix products for
sequences of a few hundred tokens. This module switches to the plain form where it fits into memory;
on accelerators the fused form is faster and stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from rlcf.policy.model import Policy

LARGEST = 2**27
"""Attention weights (layers x rows x heads x queries x keys) up to which the plain form
is taken; it keeps them until the backward pass."""


@contextlib.contextmanager
def plain_attention(policy: Policy, rows: int, queries: int, keys: int) -> Iterator[None]:
    """Within the block the model attends by plain products, where that is the faster way."""
    config = policy.model.config
    heads = getattr(config, "num_attention_heads", 1)
    weights = getattr(config, "num_hidden_layers", 8) * rows * heads * queries * keys
    if (
        policy.device.type != "cpu"
        or not torch.is_grad_enabled()
        or policy.gradient_checkpointing  # it computes again after the block
        or config._attn_implementation != "sdpa"
        or weights > LARGEST
    ):
        yield
        return
    config._attn_implementation = "eager"
    try:
        yield
    finally:
        config._attn_implementation = "sdpa"
