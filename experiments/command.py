"""How a module of this package becomes a command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import tyro

from rlcf.errors import UserError


def run(main: Callable[[Any], int | None], args: type, doc: str | None) -> NoReturn:
    """Parse the command line, call `main` and exit; `doc`'s first line describes the command."""
    try:
        raise SystemExit(main(tyro.cli(args, description=(doc or "").splitlines()[0])))
    except UserError as error:
        raise SystemExit(f"{Path(sys.argv[0]).stem}: {error}") from error
