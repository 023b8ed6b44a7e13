"""`--class-path auto`: what the build files of the project around a file say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rlcf.errors import UserError
from rlcf.languages import headers
from rlcf.languages.java import ownbuild as java
from rlcf.languages.ownbuild import OwnBuild
from rlcf.languages.registry import known, language_of

AUTO = "auto"
_READERS = {"java": java.own_build, "c": headers.own_build, "cpp": headers.own_build}
_FILES = {"java": "pom.xml or build.gradle", "c": headers.DATABASE, "cpp": headers.DATABASE}


def with_own_build(
    class_path: Sequence[str], path: Path, language: str | None = None
) -> tuple[tuple[str, ...], OwnBuild | None]:
    """A class path with what the build of the project around `path` asks for in place of `auto`.

    Args:
        class_path: as it was given.
        path: a file or folder of the project.
        language: of the project; by default that of the file, and of a folder any.

    Raises:
        UserError: `auto`, and there is no build file that can be read.
    """
    if AUTO not in class_path:
        return tuple(class_path), None
    name = known(language) if language else language_of(path)
    if name is not None and name not in _READERS:
        raise UserError(f"--class-path auto is for Java, C and C++, not for {name}")
    tried = (name,) if name else ("java", "cpp")
    found = next(filter(None, (_READERS[each](path) for each in tried)), None)
    if found is None:
        files = " or ".join(_FILES[each] for each in tried)
        raise UserError(f"--class-path auto: no {files} at or above {path}")
    rest = tuple(entry for entry in class_path if entry != AUTO)
    return (*found.entries, *rest), found
