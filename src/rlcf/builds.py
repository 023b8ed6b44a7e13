"""What is built once for all programs, from our own sources only: class files, headers, workers.

It appears in the user's cache directory by one atomic rename, so that any number of processes may
build at once. Does not clean up old builds.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from rlcf.errors import UserError


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/rlcf`, or `~/.cache/rlcf`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "rlcf"


def built(name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache that `build` fills, made if it is not there.

    The name must tell all that what is built depends on.

    Raises:
        UserError: the cache directory cannot be written.
    """
    target = cache_root() / name
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".build-", dir=target.parent))
    except OSError as e:
        raise UserError(
            f"cannot write the cache directory {target.parent} ({e.strerror}): set XDG_CACHE_HOME"
        ) from e
    try:
        build(work)
        work.chmod(0o755)  # the sandbox's own user reads it too
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was first
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target
