"""Which licence a source file is under, as an SPDX identifier.

Looks for an SPDX line in the file, then for well-known words in its header, then in a licence file
of its folder or of one above. Knows common free licences; anything else is `NOASSERTION`, SPDX's
word for it. This is no legal advice.
"""

from __future__ import annotations

import re
from pathlib import Path

UNKNOWN = "NOASSERTION"
_SPDX = re.compile(r"SPDX-License-Identifier:\s*([^\s*]+(?:\s+(?:WITH|OR|AND)\s+[^\s*]+)*)")
_FILES = re.compile(r"(?:licen[cs]e|copying)(?:[.-].*)?", re.IGNORECASE)
_WORDS: tuple[tuple[str, str], ...] = (
    (r"apache license,?\s+version 2\.0|apache\.org/licenses/license-2\.0", "Apache-2.0"),
    (
        r"gnu general public license version 2 only.{0,800}classpath",
        "GPL-2.0-only WITH Classpath-exception-2.0",
    ),
    (r"eclipse public license.{0,20}2\.0|epl-2\.0", "EPL-2.0"),
    (r"mozilla public license,?\s+(?:version |v\. )2\.0", "MPL-2.0"),
    (r"gnu affero general public license.{0,200}version 3", "AGPL-3.0-or-later"),
    (r"gnu lesser general public license.{0,400}version 3", "LGPL-3.0-or-later"),
    (r"gnu lesser general public license.{0,400}version 2\.1", "LGPL-2.1-or-later"),
    (r"gnu general public license.{0,400}version 3", "GPL-3.0-or-later"),
    (r"gnu general public license.{0,400}version 2", "GPL-2.0-or-later"),
    (r"permission is hereby granted, free of charge", "MIT"),
    (r"redistribution and use in source and binary forms.{0,1500}neither the name", "BSD-3-Clause"),
    (r"redistribution and use in source and binary forms", "BSD-2-Clause"),
    (r"python software foundation license version 2", "PSF-2.0"),
    (r"released to the public domain|creativecommons\.org/publicdomain/zero", "CC0-1.0"),
)


class Licences:
    """Licences of the files below a root; each licence file is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders: dict[Path, str] = {}

    def of(self, path: Path, header: str) -> str:
        """The licence of a file whose first comments are `header`."""
        return recognise(header) or self._of_folder(path.resolve().parent) or UNKNOWN

    def _of_folder(self, folder: Path) -> str:
        if folder not in self._folders:
            found = next(filter(None, map(_read, _licence_files(folder))), "")
            if not found and folder != self._root and folder.is_relative_to(self._root):
                found = self._of_folder(folder.parent)
            self._folders[folder] = found
        return self._folders[folder]


def recognise(text: str) -> str:
    """The licence that a text names; empty if none is known."""
    spdx = _SPDX.search(text)
    if spdx:
        return spdx.group(1)
    words = " ".join(re.sub(r"[*#]|//+", " ", text).split()).lower()
    return next((name for pattern, name in _WORDS if re.search(pattern, words)), "")


def _licence_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and _FILES.fullmatch(p.name))


def _read(path: Path) -> str:
    return recognise(path.read_text(encoding="utf-8", errors="replace")[:20_000])
