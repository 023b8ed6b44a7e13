"""Checkpoints: everything that a run needs to go on as if it had never stopped.

A checkpoint is one file, written beside its place, flushed to disk and renamed, so that a
crash at any instant leaves the older ones whole. Covers writing, finding the newest and keeping
K of them. Does not cover models for use elsewhere (`Policy.save`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from rlcf.errors import UserError

_PATTERN = "step_*.pt"


def save_checkpoint(folder: Path, step: int, state: dict[str, Any], keep: int) -> Path:
    """Write `state` as the checkpoint of `step` and drop all but the newest `keep`."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step_{step:06d}.pt"
    temporary = target.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(folder)
    for old in sorted(folder.glob(_PATTERN))[:-keep]:
        old.unlink()
    return target


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint of the highest step, or None."""
    found = sorted(folder.glob(_PATTERN))
    return found[-1] if found else None


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint.

    Raises:
        UserError: the file is damaged.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise UserError(
            f"cannot read the checkpoint {path}: {error}; remove it and resume"
        ) from error
    return state


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: it lives in the folder, not in the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
