"""What a language builds once for all programs: precompiled headers, workers, harnesses."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from rlcf import builds
from rlcf.errors import UserError


def built_once(name: str, key: Sequence[str | bytes], build: Callable[[Path], None]) -> Path:
    """The folder that `build` fills, made at most once for each `key`.

    Raises:
        UserError: the cache directory cannot be written, or a tool fails on our own sources.
    """
    return builds.built(_name(name, key), build)


def folder_of(name: str, key: Sequence[str | bytes]) -> Path:
    """Where `built_once` puts it."""
    return builds.cache_root() / _name(name, key)


def _name(name: str, key: Sequence[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in key:
        digest.update((part if isinstance(part, bytes) else part.encode()) + b"\0")
    return f"languages/{name}-{digest.hexdigest()[:16]}"


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
