"""Gradient checkpointing: less memory for about a third more computing.

The library checkpoints a layer only in training mode, which also switches dropout on; the policy
must be trained on the distribution it sampled from, without dropout. This works in either mode, for
every architecture whose layers the library can checkpoint. Forward passes with a cache are not for
it: recomputing would fill the cache twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from rlcf.errors import UserError


def check_recomputable(model: nn.Module, name: str) -> None:
    """Whether the model has layers to recompute.

    Raises:
        UserError: it has none.
    """
    if not any(isinstance(m, GradientCheckpointingLayer) for m in model.modules()):
        raise UserError(f"{name} does not support gradient checkpointing")


@contextlib.contextmanager
def recomputed_layers(model: nn.Module) -> Iterator[None]:
    """Forward passes inside keep only the inputs of layers; backward may come after the block."""
    layers: list[Any] = [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
    modes = [layer.training for layer in layers]
    for layer in layers:
        layer._gradient_checkpointing_func = partial(_recomputed, layer, layer.training)
        layer.gradient_checkpointing = True
        layer.training = True  # of this module alone, not of those in it
    try:
        yield
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.gradient_checkpointing, layer.training = False, mode


def _recomputed(layer: nn.Module, mode: bool, forward: Callable[..., Any], *args: Any) -> Any:
    def as_it_was(*inputs: Any) -> Any:
        seen, layer.training = layer.training, mode
        try:
            return forward(*inputs)
        finally:
            layer.training = seen

    return checkpoint(as_it_was, *args, use_reentrant=False)
