"""Packages of a Python project: its own, and those of its virtual environment."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from rlcf.errors import UserError
from rlcf.languages.ownbuild import OwnBuild, nearest

MANIFEST = "pyproject.toml"
_REQUIREMENTS = "requirements.txt"
_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
_ENVIRONMENTS = tuple(f"{name}/lib/{_VERSION}/site-packages" for name in (".venv", "venv", "env"))
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)[^;#]*")
"""Of a requirement, up to a marker: https://packaging.python.org/en/latest/specifications."""


def own_build(path: Path) -> OwnBuild | None:
    """The project that a file or folder belongs to, and requirements that are not installed.

    None without a pyproject.toml or requirements.txt at or above it. An environment of another
    version of Python than ours is none. Requirements under a marker are never missing.

    Raises:
        UserError: the pyproject.toml is damaged.
    """
    file = nearest(path.resolve(), (MANIFEST, _REQUIREMENTS))
    if file is None:
        return None
    root = file.parent
    own = root / "src" if (root / "src").is_dir() else root
    installed = [str(root / name) for name in _ENVIRONMENTS if (root / name).is_dir()]
    there = {_normal(each.metadata["Name"]) for each in distributions(path=installed)}
    missing = (name for name in dict.fromkeys(_required(file)) if _normal(name) not in there)
    return OwnBuild(file, (str(own), *installed), tuple(missing))


def _required(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    if file.name == MANIFEST:
        try:
            lines = list(tomllib.loads(text).get("project", {}).get("dependencies", ()))
        except (ValueError, AttributeError) as error:
            raise UserError(f"{file}: not a pyproject.toml ({error})") from error
    for line in lines:
        name = _NAME.match(line)
        if name and ";" not in line:
            yield name[1]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
