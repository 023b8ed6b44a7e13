"""Rows of token ids of different lengths as one padded tensor, with a mask."""

from __future__ import annotations

from collections.abc import Sequence

import torch


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
