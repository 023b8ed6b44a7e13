"""What C and C++ programs are compiled against: folders of headers, and macros.

Given by hand, or read from compile_commands.json, the compilation database that CMake
(CMAKE_EXPORT_COMPILE_COMMANDS), Meson and Bear write: https://clang.llvm.org/docs/JSONCompilationDatabase.html.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.languages.classpath import MACRO, folders
from rlcf.languages.ownbuild import OwnBuild, nearest

DATABASE = "compile_commands.json"
_PLACES = (DATABASE, f"build/{DATABASE}", f"builddir/{DATABASE}", f"out/{DATABASE}")
_FOLDERS = ("-isystem", "-iquote", "-idirafter", "-I")


def flags(entries: Sequence[str]) -> tuple[str, ...]:
    """A compiler's flags for the entries of a class path; jar files are not for it.

    Raises:
        UserError: an entry does not exist.
    """
    macros = (entry for entry in entries if entry.startswith(MACRO))
    return (*chain.from_iterable(("-I", folder) for folder in folders(entries)), *macros)


def own_build(path: Path) -> OwnBuild | None:
    """What the compilation database says of a file, or of all files where it has not this one.

    The folders of the sources themselves come last: a program is compiled in a place of its own,
    and what it includes by a name in quotes may stand beside it. None without a database at or
    above the place.

    Raises:
        UserError: the database is damaged.
    """
    path = path.resolve()
    file = nearest(path, _PLACES)
    if file is None:
        return None
    try:
        commands = [_Command(row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{file}: not a compilation database ({error})") from error
    commands = [c for c in commands if c.source == path] or commands
    wanted = dict.fromkeys(place for c in commands for place in c.folders())
    sources = dict.fromkeys(c.source.parent for c in commands)
    there = dict.fromkeys(str(place) for place in (*wanted, *sources) if place.is_dir())
    missing = tuple(str(place) for place in wanted if not place.is_dir())
    return OwnBuild(file, (*there, *_agreed(commands)), missing)


class _Command:
    """How one file is compiled."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.place = Path(row["directory"])
        self.source = (self.place / row["file"]).resolve()
        self.words: list[str] = row.get("arguments") or shlex.split(row["command"])

    def folders(self) -> Iterator[Path]:
        """Where headers are looked for."""
        for flag in _FOLDERS:
            for value in self._values(flag):
                yield (self.place / value).resolve()

    def macros(self) -> list[str]:
        """As flags."""
        return [MACRO + value for value in self._values(MACRO)]

    def _values(self, flag: str) -> Iterator[str]:
        for i, word in enumerate(self.words):
            if word == flag and i + 1 < len(self.words):
                yield self.words[i + 1]
            elif word.startswith(flag) and word != flag:
                yield word.removeprefix(flag)


def _agreed(commands: Sequence[_Command]) -> list[str]:
    """Macros that all files are compiled with."""
    each = [c.macros() for c in commands]
    return [macro for macro in dict.fromkeys(chain(*each)) if all(macro in one for one in each)]
