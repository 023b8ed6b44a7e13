"""Weights in the layout that a processor's bfloat16 products read fastest.

A product with few rows spends up to a third of its time on reordering the weights. While tokens are
drawn they stand still and are read once per token, so they are reordered once, into oneDNN's
blocked layout, by the operators that `torch.compile` uses. The products are the same, bit by bit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from rlcf.device import has_bf16_products, memory_held, memory_of

_ROWS = 64
"""Rows that the layout is made for; it is the faster one from 1 to 1,000."""
_SMALLEST = 1 << 16
"""Weights of a layer below which its product takes no longer than the call."""
_KEPT_FREE = 2
"""The copy is made where the machine has so many times its size left."""


def is_worth_it(model: torch.nn.Module, dtype: torch.dtype, device: torch.device) -> bool:
    """Whether this machine has such a layout for this type, and memory for the copy.

    The copy changes no result, so that a run may depend on what memory is left.
    """
    if device.type != "cpu" or dtype != torch.bfloat16 or not has_bf16_products():
        return False
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):  # torch built without oneDNN
        return False
    copy = sum(p.numel() for p in model.parameters()) * dtype.itemsize
    return _KEPT_FREE * copy < memory_of(device) - memory_held(device)


def is_packable(layer: torch.nn.Module) -> bool:
    """Whether it is a plain linear layer of some size."""
    return type(layer) is torch.nn.Linear and layer.weight.numel() >= _SMALLEST


@torch.no_grad()
def product(layer: torch.nn.Linear, weight: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """What the layer computes with this weight in place of its own, in the weight's type."""
    dtype = weight.dtype
    bias = None if layer.bias is None else layer.bias.detach().to(dtype)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), _ROWS)

    def forward(given: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            given.to(dtype), packed, bias, "none", [], ""
        )
        return result

    return forward


@contextlib.contextmanager
def packed_layers(model: torch.nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Within the block linear layers compute so, without gradient, with the weights of now."""
    layers = [layer for layer in _plain_layers(model) if is_packable(layer)]
    for layer in layers:
        layer.forward = product(layer, layer.weight.detach().to(dtype))
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _plain_layers(module: torch.nn.Module) -> Iterator[Any]:
    """Its layers and theirs, but not within one whose forward pass was replaced already."""
    for child in module.children():
        if "forward" not in vars(child):
            yield child
            yield from _plain_layers(child)
