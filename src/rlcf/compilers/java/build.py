"""Compiles the Java sources that ship with the package, once for each JDK and version of them.

The class files go to the user's cache directory, under a name made of the JDK's
version and a hash of sources and options. They appear there by one atomic rename,
so that any number of processes may build at once. Does not clean up old builds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rlcf.compilers.java.jdk import Jdk
from rlcf.errors import UserError


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/rlcf`, or `~/.cache/rlcf`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "rlcf"


def built(jdk: Jdk, sources: Path, options: Sequence[str] = ()) -> Path:
    """The directory of class files of all `*.java` in `sources`, built if need be.

    Raises:
        UserError: the cache directory cannot be written.
        RuntimeError: our own sources do not compile with this JDK.
    """
    files = sorted(sources.glob("*.java"))
    digest = hashlib.sha256("\0".join(options).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    target = (
        cache_root() / f"java-{jdk.version}" / f"{sources.parent.name}-{digest.hexdigest()[:16]}"
    )
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
        _compile(jdk, files, options, work)
        work.chmod(0o755)  # the sandbox's own user reads it too
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was first
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _compile(jdk: Jdk, files: Sequence[Path], options: Sequence[str], out: Path) -> None:
    command = [jdk.javac, "-encoding", "UTF-8", "-nowarn", "-proc:none", *options, "-d", str(out)]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{jdk.home}: our Java sources do not compile:\n{done.stderr}")
