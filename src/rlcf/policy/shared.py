"""Attention over a prompt that several samples share, without copies of it.

A prompt's keys and values are kept once for all its samples, whose queries are multiplied with them
together; each sample's own tokens are attended to separately, under one softmax (bifurcated
attention, Athiwaratkun et al. 2024, arXiv 2403.08845). The result is that of copies, up to
rounding, for a fraction of the memory traffic, which is what drawing tokens one at a time spends
its time on. Works for drawing (one token per row, no gradient) with causal LMs whose attention is
the library's plain scaled dot product; for others `applies` is false.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from transformers.cache_utils import DynamicLayer
from transformers.modeling_utils import AttentionInterface

from rlcf.policy.cache import BLOCK

NAME = "rlcf_shared_prompt"
KINDS = frozenset({"gpt2", "llama", "mistral", "qwen2", "starcoder2"})
"""Model types that this was tested with; no soft caps, sinks or biases in their attention."""


def applies(model: Any, cache: Any, group: int) -> bool:
    """Whether the samples of a prompt can share it in this model."""
    config = model.config
    return (
        group > 1
        and config.model_type in KINDS
        and config._attn_implementation == "sdpa"
        and all(type(layer) is DynamicLayer for layer in cache.layers)
    )


class SharedPrompts:
    """Which row belongs to which prompt; P prompts, G slots each, B rows still being written."""

    def __init__(self, cache: Any, mask_PL: torch.Tensor, group: int) -> None:
        """Takes over a cache that holds each prompt once."""
        AttentionInterface.register(NAME, attend)
        count = mask_PL.shape[0]
        self.group = group
        self.slot_B = torch.arange(count * group, device=mask_PL.device)
        dtype = _computed_in(cache.layers[0].keys)
        hidden_PL = torch.zeros_like(mask_PL, dtype=dtype)
        self.hidden_PL = hidden_PL.masked_fill(mask_PL == 0, float("-inf"))
        for i, layer in enumerate(cache.layers):
            cache.layers[i] = SharedLayer(self, layer.keys.to(dtype), layer.values.to(dtype))
        self.layers: list[SharedLayer] = cache.layers

    def keep(self, chosen: torch.Tensor) -> None:
        """Drop all rows but these, and prompts that have none left."""
        slot_B = self.slot_B[chosen]
        alive_p, row_B = torch.unique(slot_B // self.group, return_inverse=True)
        self.slot_B = row_B * self.group + slot_B % self.group
        fewer = len(alive_p) < self.hidden_PL.shape[0]
        if fewer:
            self.hidden_PL = self.hidden_PL[alive_p]
        for layer in self.layers:
            layer.keep(chosen, alive_p if fewer else None)


class SharedLayer(DynamicLayer):
    """One layer's keys and values: prompts (P, K, L, D), and own tokens (B, K, T, D)."""

    def __init__(
        self, prompts: SharedPrompts, keys_PKLD: torch.Tensor, values_PKLD: torch.Tensor
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.prompts = prompts
        self.is_initialized = True
        self.dtype, self.device = keys_PKLD.dtype, keys_PKLD.device
        self.keys_PKDL = keys_PKLD.transpose(2, 3).contiguous()
        self.values_PKLD = values_PKLD.contiguous()
        rows, heads, size = len(prompts.slot_B), keys_PKLD.shape[1], keys_PKLD.shape[3]
        self._keys = keys_PKLD.new_empty(rows, heads, BLOCK, size)
        self._values = values_PKLD.new_empty(rows, heads, BLOCK, size)
        self.written = 0

    def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> Any:
        """Append the states of one token; the layer itself stands for keys and values."""
        if self.written == self._keys.shape[2]:
            self._keys = torch.cat([self._keys, torch.empty_like(self._keys[:, :, :BLOCK])], 2)
            self._values = torch.cat(
                [self._values, torch.empty_like(self._values[:, :, :BLOCK])], 2
            )
        self._keys[:, :, self.written] = key_states[:, :, 0]
        self._values[:, :, self.written] = value_states[:, :, 0]
        self.written += 1
        return self, self

    @property
    def own(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of the rows' own tokens, (B, K, T, D) each."""
        return self._keys[:, :, : self.written], self._values[:, :, : self.written]

    def keep(self, chosen: torch.Tensor, alive_p: torch.Tensor | None) -> None:
        """Keep these rows and, where given, these prompts only."""
        self._keys, self._values = self._keys[chosen], self._values[chosen]
        if alive_p is not None:
            self.keys_PKDL, self.values_PKLD = self.keys_PKDL[alive_p], self.values_PKLD[alive_p]

    def get_seq_length(self) -> int:
        """Tokens of prompt and own text."""
        return int(self.values_PKLD.shape[2]) + self.written


@contextlib.contextmanager
def sharing(model: Any) -> Iterator[None]:
    """Within the block the model attends by `attend`."""
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before


def attend(
    module: Any,
    query: torch.Tensor,
    key: SharedLayer,
    value: SharedLayer,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **ignored: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one query a row: (B, H, 1, D) to (B, 1, H, D)."""
    layer, prompts = key, key.prompts
    rows, heads, _, size = query.shape
    count, kv_heads = layer.values_PKLD.shape[:2]
    each = heads // kv_heads

    def to_prompts(x_BKRN: torch.Tensor) -> torch.Tensor:
        """(P, K, G * R, N); slots without a row hold zeros, whose results nobody reads."""
        slots = x_BKRN
        if rows < count * prompts.group:
            slots = x_BKRN.new_zeros(count * prompts.group, *x_BKRN.shape[1:])
            slots[prompts.slot_B] = x_BKRN
        parts = slots.view(count, prompts.group, kv_heads, each, -1).transpose(1, 2)
        return parts.reshape(count, kv_heads, prompts.group * each, -1)

    def to_rows(x_PKWN: torch.Tensor) -> torch.Tensor:
        """The inverse, (B, K, R, N)."""
        parts = x_PKWN.view(count, kv_heads, prompts.group, each, -1).transpose(1, 2)
        slots = parts.reshape(count * prompts.group, kv_heads, each, -1)
        return slots if rows == len(slots) else slots[prompts.slot_B]

    scaled = query * (size**-0.5 if scaling is None else scaling)
    query_BKRD = scaled.reshape(rows, kv_heads, each, size).to(layer.dtype)
    scores_PKWL = to_prompts(query_BKRD) @ layer.keys_PKDL
    scores_PKWL += prompts.hidden_PL[:, None, None]
    keys_BKTD, values_BKTD = layer.own
    own_BKRT = query_BKRD @ keys_BKTD.transpose(2, 3)
    weights_BKRN = torch.cat([to_rows(scores_PKWL), own_BKRT], -1).softmax(-1)
    shared_BKRL, own_BKRT = weights_BKRN.split([scores_PKWL.shape[-1], layer.written], -1)
    joined = to_rows(to_prompts(shared_BKRL) @ layer.values_PKLD) + own_BKRT @ values_BKTD
    return joined.reshape(rows, 1, heads, size).to(query.dtype), None


def _computed_in(tensor: torch.Tensor) -> torch.dtype:
    """The type that products with it are computed in here; stored so, it is not cast each time."""
    kind = tensor.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else tensor.dtype
