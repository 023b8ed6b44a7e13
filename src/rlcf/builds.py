"""What is built once for all programs, from our own sources only: class files, headers, workers.

A build appears in the user's cache directory by one atomic rename, so any number of processes may
build at once. If the home directory is another user's or cannot be written, the cache is a private
temporary folder. Old builds are not cleaned up.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rlcf.errors import UserError


class CacheWarning(UserWarning):
    """The cache is not where one would look for it."""


@dataclass(frozen=True)
class Cache:
    """Where builds are kept."""

    folder: Path
    trouble: str = ""
    """Why that is not below the home directory; empty if it is."""


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/rlcf` or `~/.cache/rlcf`; if neither is ours, a private temporary folder.

    Warns once where it is the last.

    Raises:
        UserError: there is no private folder to be had.
    """
    return _warned(_found()).folder


def cache() -> Cache:
    """Where builds are kept, with the reason if not below the home directory; warns of nothing.

    Raises:
        UserError: there is no private folder to be had.
    """
    return _found()


def hub_home() -> str:
    """Where the hub's library may keep models, if its own place is not there and cannot be made.

    Empty if that, or what the user has set, serves.
    """
    if os.environ.get("HF_HOME") or os.environ.get("XDG_CACHE_HOME"):
        return ""
    found = _found()
    usual = found.trouble and _home() and os.path.join(_home(), ".cache", "huggingface")
    serves = not found.trouble or (usual and os.path.isdir(usual))  # models laid out to be read
    return "" if serves else str(found.folder / "huggingface")


def try_to_write(folder: Path) -> None:
    """Whether a cache can be filled.

    Raises:
        UserError: it cannot.
    """
    _new_folder(folder).rmdir()


def _new_folder(above: Path) -> Path:
    try:
        above.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".build-", dir=above))
    except OSError as e:
        raise UserError(
            f"cannot write the cache directory {above} ({e.strerror}): set XDG_CACHE_HOME"
        ) from e


def _found() -> Cache:
    return _cache(os.environ.get("XDG_CACHE_HOME", ""), _home(), tempfile.gettempdir(), _user())


@functools.cache
def _cache(chosen: str, home: str, temporary: str, user: int) -> Cache:
    if chosen:
        return Cache(Path(chosen) / "rlcf")  # the user's word; `built` says if it does not serve
    trouble = _trouble(Path(home), user) if home else "there is no HOME"
    if not trouble:
        return Cache(Path(home) / ".cache" / "rlcf")
    return Cache(_private(Path(temporary) / f"rlcf-{user}", user), trouble)


def _trouble(home: Path, user: int) -> str:
    """Why a cache there cannot be made ours, or is not; empty if it can."""
    at = home / ".cache" / "rlcf"
    while not os.path.lexists(at) and at != at.parent:
        at = at.parent
    here = f"HOME is {home}, and {'it' if at == home else at}"
    try:
        owner = at.stat().st_uid
    except OSError as e:
        return f"{here} cannot be used ({e.strerror})"
    if owner != user:
        # Even where it could be written to: what we leave there is in its owner's way, and what
        # the owner leaves there is not to be run by us.
        return f"{here} belongs to {_name(owner)}"
    if not at.is_dir():
        return f"{here} is no folder"
    return "" if _writable(at) else f"{here} cannot be written"


def _private(folder: Path, user: int) -> Path:
    """A folder in a place that all users share, made so that nobody else can have put it there.

    Raises:
        UserError: it is another's, or cannot be made.
    """
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError as e:
        raise UserError(
            f"cannot make a cache in {folder} ({e.strerror}): set XDG_CACHE_HOME"
        ) from e
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o022
    if not mine:
        raise UserError(f"{folder} is not a folder of our own: set XDG_CACHE_HOME to one")
    return folder


@functools.cache
def _warned(found: Cache) -> Cache:
    if found.trouble:
        words = f"{found.trouble}: the cache is in {found.folder} (set XDG_CACHE_HOME to move it)"
        warnings.warn(words, CacheWarning, stacklevel=3)
    return found


def _writable(folder: Path) -> bool:
    """Tried, since a file system may be read-only for root as well."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:  # no HOME, and the user has no entry in the table of users
        return ""


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _name(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def built(name: str, key: Sequence[str | bytes], build: Callable[[Path], None]) -> Path:
    """The folder of the cache that `build` fills, made at most once for each `key`.

    The key must tell all that what is built depends on.

    Raises:
        UserError: the cache directory cannot be written, or a tool fails on our own sources.
    """
    target = folder_of(name, key)
    if target.is_dir():
        return target
    work = _new_folder(target.parent)
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


def folder_of(name: str, key: Sequence[str | bytes]) -> Path:
    """Where `built` puts it."""
    digest = hashlib.sha256()
    for part in key:
        digest.update((part if isinstance(part, bytes) else part.encode()) + b"\0")
    return cache_root() / f"languages/{name}-{digest.hexdigest()[:16]}"


def command(*words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
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
