"""Checkpoints: everything that a run needs to go on as if it had never stopped.

A checkpoint is one file, written beside its place, flushed to disk and renamed, so that a crash at
any instant leaves the older ones whole; a model folder is written in the same way. The newest K are
kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from rlcf.atomic import replace_file
from rlcf.errors import UserError

_PATTERN = "step_*.pt"


def save_checkpoint(folder: Path, step: int, state: dict[str, Any], keep: int) -> Path:
    """Write `state` as the checkpoint of `step` and drop all but the newest `keep`."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step_{step:06d}.pt"
    replace_file(target, lambda file: torch.save(state, file))
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
