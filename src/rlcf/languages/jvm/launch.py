"""The command line of an executor JVM, jailed as well as the host allows.

Flags that bound what the heap limit does not: direct memory, metaspace, code. The
executor is a named module and only the modules it names are resolved, so that a program
finds no `sun.misc.Unsafe` (module jdk.unsupported) to read or forge memory with.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.jvm.jdk import Jdk
from rlcf.sandbox.isolation import Isolation, isolation
from rlcf.sandbox.limits import Limits

_SOURCES = Path(__file__).parent / "sources"
_MODULE = "rlcf.executor/rlcf.executor.Executor"
_FLAGS = (
    "-ea",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=64m",
    "-XX:MaxMetaspaceSize=128m",
    "-XX:CompressedClassSpaceSize=64m",
    "-XX:ReservedCodeCacheSize=64m",
    "-XX:-UsePerfData",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+DisableAttachMechanism",
    "-XX:+DisplayVMOutputToStderr",
    "-XX:ErrorFile=/dev/null",
    "-XX:-CreateCoredumpOnCrash",
    "-Xshare:auto",
    "-Xlog:disable",
    "-Xrs",
    "-Dfile.encoding=UTF-8",
    "-Duser.language=en",
    "-Duser.country=US",
    "-Duser.timezone=UTC",
    "-Djava.io.tmpdir=/tmp",
)


class Launcher:
    """Command lines for one JDK."""

    def __init__(self, jdk: Jdk, class_path: Sequence[str] = ()) -> None:
        """Compiles the executor if need be; programs see the JDK and `class_path`."""
        self._jdk = jdk
        self._class_path = class_path
        self._classes = jdk.built(
            "executor", sorted((Path(__file__).parent / "sources").glob("*.java"))
        )
        self._readable = self._paths()
        self._isolation = self._probed()
        if self._isolation.needs_public_files and not _is_public(self._classes):
            self._classes = _public_copy(self._classes, self)
            self._readable = self._paths()
            self._isolation = self._probed()

    @property
    def contained(self) -> bool:
        """Whether any program at all may be run here (see `Isolation.contained`)."""
        return self._isolation.contained

    def command(self, limits: Limits) -> list[str]:
        """Starts an executor whose heap and output are limited so."""
        return self._isolation.jailed(self._inner(limits), self._readable)

    def _probed(self) -> Isolation:
        # The probe is an executor that finds its input closed and ends at once.
        return isolation(self._inner(Limits()), self._readable)

    def _inner(self, limits: Limits) -> list[str]:
        return [
            self._jdk.java,
            f"-Xmx{limits.memory_mb}m",
            *_FLAGS,
            *_no_native(self._jdk.feature),
            "-p",
            str(self._classes),
            "--add-modules",
            "java.se",
            "-m",
            _MODULE,
            str(limits.output_bytes),
            *self._class_path,
        ]

    def _paths(self) -> list[str]:
        return [
            str(self._jdk.home),
            *link_targets(self._jdk.home),
            str(self._classes),
            *self._class_path,
        ]


def _no_native(feature: int) -> list[str]:
    """Flags by which this version of Java forbids reflection on the JDK and native access."""
    if feature < 16:
        return ["--illegal-access=deny"]
    if feature >= 24:
        return ["--illegal-native-access=deny", "--enable-native-access=java.base"]
    return ["--enable-native-access=java.base"] if feature >= 22 else []


def link_targets(home: Path) -> list[str]:
    """Where the JDK's files that are links lead: Debian keeps its configuration in /etc."""
    targets = set()
    for folder in (home / "conf", home / "lib"):
        for directory, names, files in os.walk(folder):
            for name in (*names, *files):
                path = Path(directory, name)
                if path.is_symlink() and path.exists():
                    targets.add(str(path.resolve()))
        if folder.is_symlink():
            targets.add(str(folder.resolve()))
    return sorted(t for t in targets if not Path(t).is_relative_to(home))


def _is_public(path: Path) -> bool:
    return all(p.stat().st_mode & 0o5 == 0o5 for p in (path, *path.parents))


def _public_copy(classes: Path, owner: object) -> Path:
    """A copy that another user can read, for as long as `owner` lives."""
    copy = Path(tempfile.mkdtemp(prefix="rlcf-executor-"))
    weakref.finalize(owner, shutil.rmtree, copy, ignore_errors=True)
    shutil.copytree(classes, copy / "classes")
    copy.chmod(0o755)
    (copy / "classes").chmod(0o755)
    return copy / "classes"
