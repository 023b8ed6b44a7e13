"""Rows of token ids of different lengths as one padded tensor, with a mask."""

from __future__ import annotations

from collections.abc import Sequence

import torch

FEW = 256
"""Tokens with which a pass over a large model computes about as fast as with more."""


def left_pad(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, L) token ids with the padding on the left, and the (B, L) mask of real tokens."""
    width = max(len(r) for r in rows)
    ids_BL = torch.full((len(rows), width), pad, dtype=torch.long)
    mask_BL = torch.zeros((len(rows), width), dtype=torch.long)
    for i, row in enumerate(rows):
        ids_BL[i, width - len(row) :] = torch.tensor(row, dtype=torch.long)
        mask_BL[i, width - len(row) :] = 1
    return ids_BL, mask_BL


def right_pad(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, T) token ids with the padding on the right, and the (B, T) mask of real tokens."""
    width = max(1, *(len(r) for r in rows))
    ids_BT = torch.full((len(rows), width), pad, dtype=torch.long)
    mask_BT = torch.zeros((len(rows), width), dtype=torch.long)
    for i, row in enumerate(rows):
        ids_BT[i, : len(row)] = torch.tensor(row, dtype=torch.long)
        mask_BT[i, : len(row)] = 1
    return ids_BT, mask_BT


def alike(lengths: Sequence[int]) -> list[slice]:
    """Divide rows, the shortest first, into parts that padding makes longer by an eighth at most.

    Parts of few tokens are let off: each part is a pass over the weights.
    """
    parts, start, held = [], 0, 0
    for i, length in enumerate(lengths):
        padded = length * (i + 1 - start)
        if held >= FEW and 8 * padded > 9 * (held + length):
            parts.append(slice(start, i))
            start, held = i, 0
        held += length
    return [*parts, slice(start, len(lengths))]
