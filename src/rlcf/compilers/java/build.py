"""Compiles the Java sources that ship with the package, once for each JDK and version of them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rlcf import builds
from rlcf.compilers.java.jdk import Jdk


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
    name = f"java-{jdk.version}/{sources.parent.name}-{digest.hexdigest()[:16]}"
    return builds.built(name, lambda out: _compile(jdk, files, options, out))


def _compile(jdk: Jdk, files: Sequence[Path], options: Sequence[str], out: Path) -> None:
    command = [jdk.javac, "-encoding", "UTF-8", "-nowarn", "-proc:none", *options, "-d", str(out)]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{jdk.home}: our Java sources do not compile:\n{done.stderr}")
