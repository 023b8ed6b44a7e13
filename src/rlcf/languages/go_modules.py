"""Packages of a Go project: what the go command finds in the project and its local caches."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rlcf.errors import UserError
from rlcf.languages.ownbuild import OwnBuild, nearest
from rlcf.text import lines_of

MANIFEST = "go.mod"
OFFLINE = {"GOPROXY": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
_EACH = (
    '{{if and .Export (ne .Name "main")}}packagefile {{.ImportPath}}={{.Export}}{{end}}'
    "{{if and .Error (not .Name)}}missing {{.ImportPath}}{{end}}"
)
_SECONDS = 600


@dataclass(frozen=True)
class Packages:
    """What `go list` says."""

    exports: tuple[str, ...]
    """Lines of an importcfg: `packagefile PATH=FILE`; the files are in Go's build cache."""
    missing: tuple[str, ...]
    """Import paths that the project names and nobody has."""


def packages(go: str, folder: Path | None, environment: Mapping[str, str]) -> Packages:
    """Compile, offline, the packages of a module with all that they need, and the library.

    Without a folder the library alone.

    Raises:
        UserError: `go list` does not work there.
    """
    here = () if folder is None else ("-e", "-deps", "./...")
    done = subprocess.run(
        [go, "list", "-export", "-f", _EACH, *here, "std"],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )
    lines = lines_of(done.stdout)
    exports = tuple(dict.fromkeys(line for line in lines if line.startswith("packagefile ")))
    if not exports:  # a package that does not compile is left out
        where = f" in {folder}" if folder else " here"
        raise UserError(f"go list does not work{where}: {done.stderr.strip()[-300:]}")
    gone = (line.removeprefix("missing ") for line in lines if line.startswith("missing "))
    return Packages(exports, tuple(gone))


def own_build(path: Path) -> OwnBuild | None:
    """The module that a file or folder belongs to, and what it needs that is not here.

    None without a go.mod at or above it. What is missing is said where Go is installed. Nothing is
    downloaded.

    Raises:
        UserError: Go cannot read the module.
    """
    file = nearest(path.resolve(), (MANIFEST,))
    if file is None:
        return None
    go = shutil.which("go")
    missing = packages(go, file.parent, OFFLINE).missing if go else ()
    return OwnBuild(file, (str(file.parent),), missing)
