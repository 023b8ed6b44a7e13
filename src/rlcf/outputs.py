"""Folders that will be written: tried before the work, not after it.

Covers folders that must be new. Does not cover files that may be replaced.
"""

from __future__ import annotations

import os
from pathlib import Path

from rlcf.errors import UserError


def check_new(folder: Path) -> None:
    """Whether a folder can be made.

    Raises:
        UserError: there is something already, or it cannot be made there.
    """
    if folder.exists() or folder.is_symlink():
        raise UserError(f"{folder} exists: choose another --out")
    check_place(folder)


def check_place(folder: Path) -> None:
    """Whether a folder, which may exist, can be written to.

    Raises:
        UserError: it cannot.
    """
    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise UserError(f"{folder} cannot be made: {above} is a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UserError(f"{folder} cannot be written: no permission in {above}")
