"""Crates of a Cargo project: what `cargo build` has compiled, and what is missing of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.languages.ownbuild import OwnBuild, nearest

MANIFEST = "Cargo.toml"
_PROFILES = ("debug", "release")
_CRATE = re.compile(r"lib(\w+?)(-[0-9a-f]+)?\.(rlib|rmeta|so)")
_KINDS = (".rlib", ".so", ".rmeta")
"""What a crate is read from, best first: metadata alone cannot be linked."""


def flags(paths: Iterable[str]) -> tuple[str, ...]:
    """rustc's flags for compiled crates, and for folders of such.

    Of several that have one name, the newest is taken.
    """
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        files |= dict.fromkeys(path.iterdir() if path.is_dir() else (path,))
    crates: dict[str, Path] = {}
    for file in sorted((f for f in files if _CRATE.fullmatch(f.name)), key=_age):
        crates.setdefault(_name(file), file)
    places = sorted({str(file.parent) for file in crates.values()})
    words = [word for place in places for word in ("-L", f"dependency={place}")]
    return (*words, *(w for name, f in crates.items() for w in ("--extern", f"{name}={f}")))


def places(words: Iterable[str]) -> list[str]:
    """The folders among flags."""
    head = "dependency="
    return [word.removeprefix(head) for word in words if word.startswith(head)]


def own_build(path: Path) -> OwnBuild | None:
    """The compiled crates that the package of a file or folder depends on, and its own library.

    None without a Cargo.toml at or above it. Missing is what `cargo build` has not compiled yet.

    Raises:
        UserError: a Cargo.toml is damaged.
    """
    file = nearest(path.resolve(), (MANIFEST,))
    if file is None:
        return None
    said = _read(file)
    root = _workspace(file)
    shared = _read(root).get("workspace", {}).get("dependencies", {})
    built = [root.parent / "target" / profile / "deps" for profile in _PROFILES]
    own = said.get("lib", {}).get("name") or said.get("package", {}).get("name")
    has_library = "lib" in said or (file.parent / "src/lib.rs").is_file()
    names = [*([own] if own and has_library else []), *_dependencies(said, shared)]
    entries, missing = [], []
    for name in dict.fromkeys(names):
        crate = _compiled(name.replace("-", "_"), built)
        if crate is None:
            missing.append(name)
        else:
            entries.append(str(crate))
    return OwnBuild(file, tuple(entries), tuple(missing))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file}: not TOML ({error})") from error


def _workspace(file: Path) -> Path:
    """The manifest of the workspace that a package belongs to, or its own."""
    above = (folder / MANIFEST for folder in file.parents)
    return next((each for each in above if each.is_file() and "workspace" in _read(each)), file)


def _dependencies(said: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[str]:
    """Names of the libraries that programs use, as their own packages call them."""
    for name, what in said.get("dependencies", {}).items():
        how = what if isinstance(what, dict) else {}
        if how.get("workspace") and isinstance(shared.get(name), dict):
            how = {**shared[name], **how}
        if not how.get("optional"):
            yield how.get("package", name)


def _compiled(name: str, places: Iterable[Path]) -> Path | None:
    """The newest of a crate; of the first folder that has one."""
    for place in places:
        found = [file for file in place.glob(f"lib{name}*") if _is(file, name)]
        if found:
            return min(found, key=_age)
    return None


def _is(file: Path, name: str) -> bool:
    return bool(_CRATE.fullmatch(file.name)) and _name(file) == name


def _name(file: Path) -> str:
    found = _CRATE.fullmatch(file.name)
    return found[1] if found else ""


def _age(file: Path) -> tuple[int, float]:
    return _KINDS.index(file.suffix), -file.stat().st_mtime
