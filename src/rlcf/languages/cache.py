"""What a language builds once for all programs: precompiled headers, workers, harnesses.

Only from our own sources, never from a program's. It appears in the user's cache directory by
one atomic rename, so that any number of processes may build at once. Does not clean up.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rlcf.compilers.java.build import cache_root
from rlcf.errors import UserError


def built_once(name: str, key: Sequence[str | bytes], build: Callable[[Path], None]) -> Path:
    """The folder that `build` fills, made at most once for each `key`.

    Raises:
        UserError: the cache directory cannot be written, or a tool fails on our own sources.
    """
    target = folder_of(name, key)
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
        work.chmod(0o755)  # the jail's user reads it too
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was first
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def folder_of(name: str, key: Sequence[str | bytes]) -> Path:
    """Where `built_once` puts it."""
    digest = hashlib.sha256()
    for part in key:
        digest.update((part if isinstance(part, bytes) else part.encode()) + b"\0")
    return cache_root() / "languages" / f"{name}-{digest.hexdigest()[:16]}"


def command(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run a tool on our own sources.

    Raises:
        UserError: it fails.
    """
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-400:]
        raise UserError(f"{os.path.basename(words[0])} does not work here: {said}")
