"""Finds the JDK that judges Java programs.

Looks at `JAVA_HOME`, then at `PATH`; takes the first that has both `java` and `javac` and is
version 11 or newer.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rlcf.builds import built, command
from rlcf.errors import UserError

_OLDEST = 11
_INSTALL = (
    "install a JDK of version 11 or newer (Debian/Ubuntu: "
    "apt-get install openjdk-17-jdk-headless) or set JAVA_HOME to one"
)


@dataclass(frozen=True)
class Jdk:
    """An installed Java development kit."""

    home: Path
    """Its root directory, symbolic links resolved."""
    version: str
    """As it calls itself, e.g. `17.0.15`."""
    feature: int
    """The number that language and options depend on, e.g. 17."""

    @property
    def java(self) -> str:
        """Path of the launcher."""
        return str(self.home / "bin" / "java")

    @property
    def javac(self) -> str:
        """Path of the compiler."""
        return str(self.home / "bin" / "javac")

    def built(self, name: str, sources: Sequence[Path], options: Sequence[str] = ()) -> Path:
        """The folder with the class files of our own sources, compiled if need be.

        Raises:
            UserError: the cache directory cannot be written, or this JDK does not take them.
        """
        texts = (part for file in sources for part in (file.name, file.read_bytes()))
        words = (self.javac, "-encoding", "UTF-8", "-nowarn", "-proc:none", *options)
        return built(
            name,
            (self.version, *options, *texts),
            lambda folder: command(*words, "-d", str(folder), *map(str, sources)),
        )


def find_jdk() -> Jdk:
    """The JDK to use.

    Raises:
        UserError: there is none, or only ones that are too old.
    """
    return _find(os.environ.get("JAVA_HOME", ""), os.environ.get("PATH", ""))


@cache
def _find(java_home: str, path: str) -> Jdk:
    too_old = ""
    for home in _candidates(java_home, path):
        jdk = _inspect(home)
        if jdk is None:
            continue
        if jdk.feature >= _OLDEST:
            return jdk
        too_old = f"Java {jdk.version} in {jdk.home} is too old: "
    raise UserError(f"{too_old or 'no JDK found: '}{_INSTALL}")


def _candidates(java_home: str, path: str) -> Iterator[Path]:
    if java_home:
        yield Path(java_home)
    javac = shutil.which("javac", path=path)
    if javac:
        yield Path(javac).resolve().parents[1]


def _inspect(home: Path) -> Jdk | None:
    """The JDK in this directory, or None if there is no usable one."""
    home = home.resolve()
    if not all(os.access(home / "bin" / tool, os.X_OK) for tool in ("java", "javac")):
        return None
    version = _release_file(home) or _ask(home / "bin" / "javac")
    match = re.match(r"(?:1\.)?(\d+)", version)
    return Jdk(home, version, int(match[1])) if match else None


def _release_file(home: Path) -> str:
    """Version from the file that every JDK since 7 carries; a process less to start."""
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(r'^JAVA_VERSION="([^"]+)"', text, re.MULTILINE)
    return match[1] if match else ""


def _ask(javac: Path) -> str:
    try:
        done = subprocess.run(
            [javac, "-version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"javac (\S+)", done.stdout + done.stderr)
    return match[1] if match else ""
