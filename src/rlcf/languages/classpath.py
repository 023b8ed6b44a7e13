"""What programs are compiled against, as people write it.

Each language takes of it what is for it: the JVM's jar files and folders of classes, C and C++
folders of headers and macros, JavaScript and TypeScript folders below which packages are, Go
modules, Rust crates, Python folders of packages.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from rlcf.errors import UserError

MACRO = "-D"
"""Begins the entries that are macros of C and C++."""


def parse_class_path(entries: Iterable[str]) -> tuple[str, ...]:
    """Absolute paths of files and folders, each once; macros are none.

    An entry may hold several, joined as for `java -cp`, and may end in `/*` for all jars of a
    folder.

    Raises:
        UserError: one does not exist.
    """
    found: list[str] = []
    for entry in entries:
        if entry.startswith(MACRO):
            continue
        for part in filter(None, entry.split(os.pathsep)):
            path = Path(part).expanduser()
            jars = sorted(glob.glob(str(path) + ".jar")) if path.name == "*" else [str(path)]
            if not jars or not Path(jars[0]).exists():
                raise UserError(f"class path entry {part} does not exist")
            found += [str(Path(jar).resolve()) for jar in jars]
    return tuple(dict.fromkeys(found))


def folders(entries: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths that are folders.

    Raises:
        UserError: as `parse_class_path`.
    """
    return tuple(path for path in parse_class_path(entries) if os.path.isdir(path))
