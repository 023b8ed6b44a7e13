"""The command that brings an optional part of rlcf, from where rlcf itself came.

Knows the index and checkouts, installed or merely on the path. For the tools of languages see `rlcf
languages`.
"""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from shlex import quote
from urllib.parse import unquote, urlparse


def install_hint(extra: str) -> str:
    """What to type to have this extra as well."""
    return "pip install " + quote(f"{_checkout() or 'rlcf'}[{extra}]")


def _checkout() -> Path | None:
    """The folder that rlcf lies in or was installed from; None: it came from an index."""
    above = Path(__file__).parents[2]
    if (above / "pyproject.toml").is_file():
        return above
    try:
        noted = metadata.distribution("rlcf").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    url = urlparse(json.loads(noted or "{}").get("url", ""))
    folder = Path(unquote(url.path))
    return folder if url.scheme == "file" and (folder / "pyproject.toml").is_file() else None
