"""Files and folders that are replaced whole or not at all, whatever happens meanwhile.

What is new is written beside its place, flushed to the disk and renamed.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO


def replace_file(
    target: Path, write: Callable[[IO[bytes]], object], temporary: Path | None = None
) -> None:
    """Replace a file by what `write` writes; one that was there keeps its mode.

    Args:
        target: the file.
        write: is given a file that is open for writing.
        temporary: where it is, by default `.NAME.tmp`; a crash may leave it behind.
    """
    new = temporary or target.with_name(f".{target.name}.tmp")
    try:
        with new.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            if target.exists():
                new.chmod(stat.S_IMODE(target.stat().st_mode))
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
    _sync_folder(target.parent)


def replace_folder(target: Path, write: Callable[[Path], object]) -> None:
    """Replace a folder by what `write` puts into an empty one.

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
    """Copy a folder onto another."""
    replace_folder(target, lambda new: shutil.copytree(source, new, dirs_exist_ok=True))


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}")


def _sync(path: Path) -> None:
    if path.is_dir():
        _sync_folder(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, where the file system can: it lives in the folder, not in the file."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
