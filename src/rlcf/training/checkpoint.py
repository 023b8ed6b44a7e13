"""Checkpoints: everything that a run needs to go on as if it had never stopped.

A checkpoint is one file, written beside its place, flushed to disk and renamed, so that a
crash at any instant leaves the older ones whole; a model folder is written in the same way.
Covers writing, finding the newest and keeping K of them. Does not cover what is in a model folder
(`Policy.save`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
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


def save_folder(target: Path, write: Callable[[Path], object]) -> None:
    """Replace the folder `target` by what `write` puts into an empty one, whole or not at all.

    A folder cannot be renamed onto another: for an instant the old one has another name, which
    `mend_folder` takes back after a crash just then.
    """
    new, old = _beside(target, "new"), _beside(target, "old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        write(new)
        for path in [*new.rglob("*"), new]:
            _sync(path)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    mend_folder(target)
    if target.exists():
        target.rename(old)
    new.rename(target)
    _sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def mend_folder(target: Path) -> None:
    """Bring a folder back that a crash left under its other name, and clear what is left over."""
    old = _beside(target, "old")
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder onto another, whole or not at all."""
    save_folder(target, lambda new: shutil.copytree(source, new, dirs_exist_ok=True))


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}")


def _sync(path: Path) -> None:
    if path.is_dir():
        _sync_folder(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: it lives in the folder, not in the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
