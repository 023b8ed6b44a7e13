"""`--class-path auto`: what the build files of the project around a file say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlcf.errors import UserError
from rlcf.languages import cargo, go_modules, headers, npm, python_packages
from rlcf.languages.java import ownbuild as java
from rlcf.languages.ownbuild import OwnBuild
from rlcf.languages.registry import known, language_of

AUTO = "auto"
_JVM = (java.own_build, "pom.xml or build.gradle")
_C = (headers.own_build, headers.DATABASE)
_NPM = (npm.own_build, npm.MANIFEST)
_READERS = {
    "java": _JVM,
    "kotlin": _JVM,
    "scala": _JVM,
    "c": _C,
    "cpp": _C,
    "typescript": _NPM,
    "javascript": _NPM,
    "go": (go_modules.own_build, go_modules.MANIFEST),
    "rust": (cargo.own_build, cargo.MANIFEST),
    "python": (python_packages.own_build, python_packages.MANIFEST),
}
"""By language, what reads the build files, and what these are called."""
_OF_A_FOLDER = ("java", "cpp", "typescript", "go", "rust", "python")


def with_own_build(
    class_path: Sequence[str], path: Path, language: str | None = None
) -> tuple[tuple[str, ...], list[OwnBuild]]:
    """A class path with what the build of the project around `path` asks for in place of `auto`.

    Args:
        class_path: as it was given.
        path: a file or folder of the project.
        language: of the project; by default that of the file, and of a folder all that it has
            build files of.

    Raises:
        UserError: `auto`, and there is no build file that can be read.
    """
    if AUTO not in class_path:
        return tuple(class_path), []
    name = known(language) if language else language_of(path)
    if name is not None and name not in _READERS:
        raise UserError(f"--class-path auto is not for {name}, but for {', '.join(_READERS)}")
    tried = [_READERS[each] for each in ((name,) if name else _OF_A_FOLDER)]
    found = [build for read, _ in tried if (build := read(path)) is not None]
    if not found:
        files = " or ".join(files for _, files in tried)
        raise UserError(f"--class-path auto: no {files} at or above {path}")
    rest = tuple(entry for entry in class_path if entry != AUTO)
    return (*(entry for build in found for entry in build.entries), *rest), found
