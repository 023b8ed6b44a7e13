"""What a project's own build files say that its programs are compiled against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OwnBuild:
    """What a project's build asks for."""

    file: Path
    """The build file."""
    entries: tuple[str, ...]
    """Of a class path: what is there."""
    missing: tuple[str, ...]
    """What is named and not there."""

    def __str__(self) -> str:
        said = f"class path from {self.file}: {len(self.entries)} entries"
        return f"{said}; not here: {', '.join(self.missing)}" if self.missing else said


def nearest(path: Path, names: Iterable[str]) -> Path | None:
    """The nearest file of one of these names at or above a place."""
    for folder in (path, *path.parents):
        for name in names:
            if (folder / name).is_file():
                return folder / name
    return None
