"""Packages of a project of npm: where they are installed, and which are missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rlcf.errors import UserError
from rlcf.languages.ownbuild import OwnBuild, nearest

MANIFEST = "package.json"
_PACKAGES = "node_modules"
_NAMED = ("dependencies", "devDependencies", "peerDependencies")


def packages_from(folder: Path) -> list[Path]:
    """Folders in which Node.js looks for packages of a program that stands in a folder."""
    places = (place / _PACKAGES for place in (folder, *folder.parents))
    return [place for place in places if place.is_dir()]


def readable_from(folder: Path) -> Iterator[Path]:
    """What programs that stand there may read: the packages, and the folder's whole project."""
    yield from packages_from(folder)
    manifest = nearest(folder, (MANIFEST, "tsconfig.json"))
    yield manifest.parent if manifest else folder


def own_build(path: Path) -> OwnBuild | None:
    """The place of a file or folder in its project, and packages that are not installed.

    None without a package.json at or above it. No package is fetched; of optional peers none is
    missing.

    Raises:
        UserError: the package.json is damaged.
    """
    path = path.resolve()
    file = nearest(path, (MANIFEST,))
    if file is None:
        return None
    folder = path if path.is_dir() else path.parent
    installed = packages_from(folder)
    gone = (name for name in _wanted(file) if not any((p / name).is_dir() for p in installed))
    return OwnBuild(file, (str(folder),), tuple(gone))


def _wanted(file: Path) -> list[str]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        optional = {n for n, m in said.get("peerDependenciesMeta", {}).items() if m.get("optional")}
        named = dict.fromkeys(name for key in _NAMED for name in said.get(key, {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: not a package.json ({error})") from error
    return [name for name in named if name not in optional]
