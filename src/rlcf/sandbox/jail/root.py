"""A root directory that holds only what is named, read-only, and a small scratch space.

Needs a mount namespace and the right to mount in it. The order of steps follows
bubblewrap's: a tmpfs becomes the root with the old one below it, the new tree is bound
from there, and the old one is let go.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from . import linux

_BASE = "/tmp"
_OLD, _NEW = "/old", "/new"
_SEALED = linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV


def change_root(
    readable: Sequence[str],
    devices: Sequence[str],
    scratch_mb: int,
    scratch_files: int = 1024,
    executable: bool = False,
    shared_mb: int = 0,
) -> None:
    """Make the new tree this process's root; its working directory is `/tmp` there.

    `/tmp` holds so many MiB and files; what is written there can be executed if `executable`.
    `/dev/shm` holds `shared_mb` MiB, and is not there if that is 0.

    Raises:
        OSError: a step failed; the process should then end, its tree is half made.
    """
    linux.mount("none", "/", "none", linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", _BASE, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    os.mkdir(_BASE + _OLD)
    os.mkdir(_BASE + _NEW)
    linux.pivot_root(_BASE, _BASE + _OLD)
    os.chdir("/")
    linux.mount("tmpfs", _NEW, "tmpfs", linux.MS_NOSUID, "mode=755,size=1m")
    os.mkdir(_NEW + "/proc")
    os.mkdir(_NEW + "/tmp")
    flags = linux.MS_NOSUID | linux.MS_NODEV | (0 if executable else linux.MS_NOEXEC)
    options = f"mode=1777,size={scratch_mb}m,nr_inodes={scratch_files}"
    linux.mount("tmpfs", _NEW + "/tmp", "tmpfs", flags, options)  # first: paths may lie below it
    for path in sorted(set(readable)):  # a folder before what lies in it
        _bind(path, _SEALED)
    for path in devices:
        _bind(path, linux.MS_NOSUID)
    if shared_mb:
        os.makedirs(_NEW + linux.SHARED_MEMORY, exist_ok=True)
        flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
        options = f"mode=1777,size={shared_mb}m,nr_inodes=256"
        linux.mount("tmpfs", _NEW + linux.SHARED_MEMORY, "tmpfs", flags, options)
    linux.mount("none", _NEW, "none", linux.MS_REMOUNT | linux.MS_BIND | _SEALED)
    os.chdir(_NEW)
    linux.pivot_root(".", ".")
    linux.detach(".")
    os.chdir("/tmp")


def mount_proc() -> bool:
    """A `/proc` of this process's own PID namespace; False where the host forbids it."""
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    with contextlib.suppress(OSError):
        linux.mount("proc", "/proc", "proc", flags)
        return True
    return False


def _bind(path: str, flags: int) -> None:
    """Bind `path` of the old tree at the same place of the new one; links stay links."""
    old, new = _OLD + path, _NEW + path
    if not os.path.lexists(old) or os.path.lexists(new):
        return
    os.makedirs(os.path.dirname(new), mode=0o755, exist_ok=True)
    if os.path.islink(old):
        os.symlink(os.readlink(old), new)
        return
    if os.path.isdir(old):
        os.mkdir(new, 0o755)
    else:
        os.close(os.open(new, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(old, new, "none", linux.MS_BIND | linux.MS_REC)
    linux.mount("none", new, "none", linux.MS_REMOUNT | linux.MS_BIND | flags)
