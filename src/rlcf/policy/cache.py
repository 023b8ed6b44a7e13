"""A key-value cache with room to grow.

The library's dynamic cache copies itself whole for every token, which was four fifths of a
rollout's time on a CPU. This one writes into memory set aside in blocks. It serves attention layers
in sampling (no gradient), also those with a sliding window that the prompt has not filled: they
keep all tokens, and the attention mask hides those outside the window. Other kinds of layers (a
full window, states) stay as they are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

BLOCK = 64
"""Tokens that memory is set aside for at a time."""


def make_room(cache: Any) -> None:
    """Replace those layers of a filled cache that hold every token by ones that grow in blocks."""
    for i, layer in enumerate(cache.layers):
        if layer.keys is None or layer.values is None:
            continue
        sliding = type(layer) is DynamicSlidingWindowLayer
        whole = type(layer) is DynamicLayer or (
            sliding and layer.cumulative_length == layer.keys.shape[-2]
        )
        if whole:
            cache.layers[i] = RoomyLayer(layer.keys, layer.values, sliding=sliding)


def is_joinable(cache: Any) -> bool:
    """Whether each of its layers holds every token, and nothing else."""
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def join(cache: Any, other: Any) -> None:
    """Append the rows of another cache; rows of fewer tokens are padded on the left."""
    for layer, more in zip(cache.layers, other.layers, strict=True):
        length = max(layer.keys.shape[-2], more.keys.shape[-2])
        for name in ("keys", "values"):
            parts = [getattr(x, name) for x in (layer, more)]
            padded = [F.pad(part, (0, 0, length - part.shape[-2], 0)) for part in parts]
            setattr(layer, name, torch.cat(padded))


class RoomyLayer(DynamicLayer):
    """Keys and values as views of larger buffers."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(
        self, keys_BHLD: torch.Tensor, values_BHLD: torch.Tensor, *, sliding: bool = False
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.is_sliding = sliding  # which mask the model makes for it
        self.dtype, self.device = keys_BHLD.dtype, keys_BHLD.device
        self.is_initialized = True
        self._hold(keys_BHLD, values_BHLD)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append the states of new tokens; returns all of them, as views."""
        start = self.keys.shape[-2]
        end = start + key_states.shape[-2]
        if end > self._key_room.shape[-2]:
            self._hold(self.keys, self.values, end)
        self._key_room[:, :, start:end] = key_states
        self._value_room[:, :, start:end] = value_states
        self._show(end)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep these rows only."""
        self._hold(self.keys[indices], self.values[indices])

    def _hold(self, keys: torch.Tensor, values: torch.Tensor, length: int = 0) -> None:
        rows, heads, filled, _ = keys.shape
        room = max(length, filled) + BLOCK
        self._key_room = keys.new_empty(rows, heads, room, keys.shape[-1])
        self._value_room = values.new_empty(rows, heads, room, values.shape[-1])
        self._key_room[:, :, :filled] = keys
        self._value_room[:, :, :filled] = values
        self._show(filled)

    def _show(self, length: int) -> None:
        self.keys = self._key_room[:, :, :length]
        self.values = self._value_room[:, :, :length]
