"""Recipes: TOML files with the flags of a whole experiment, one table per verb.

`rlcf VERB --recipe FILE` reads the table [VERB] of FILE as if its entries stood on the command
line, before the flags that do. No flag is known here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.inputs import read_text


def expand(verb: str, args: Sequence[str]) -> list[str]:
    """Arguments with `--recipe FILE` replaced by what the file says for `verb`.

    Raises:
        UserError: the file is missing, no TOML, or has no table for the verb.
    """
    recipes, rest = _apart(args)
    flags = [flag for file in recipes for flag in _flags(verb, file)]
    given = {_name(word) for word in rest if word.startswith("--")}
    kept = [word for name, *words in flags if _name(name) not in given for word in (name, *words)]
    return kept + rest


def files(args: Sequence[str]) -> list[Path]:
    """The recipes that arguments name.

    Raises:
        UserError: a name is missing.
    """
    return _apart(args)[0]


def _apart(args: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The recipes, and the other words."""
    recipes: list[Path] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--recipe" or word.startswith("--recipe="):
            file = word.partition("=")[2] if "=" in word else next(words, "")
            if not file:
                raise UserError("--recipe needs a file")
            recipes.append(Path(file))
        else:
            rest.append(word)
    return recipes, rest


def _flags(verb: str, file: Path) -> list[tuple[str, ...]]:
    try:
        content = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file} is not TOML: {error}") from error
    table = content.get(verb)
    if not isinstance(table, dict):
        raise UserError(f"{file} has no table [{verb}]; it has {', '.join(content) or 'nothing'}")
    return [flag for name, value in table.items() if (flag := _flag(name, value))]


def _name(word: str) -> str:
    """Which flag a word is, however it is spelt and whether it says yes or no."""
    return word.partition("=")[0].replace("_", "-").removeprefix("--").removeprefix("no-")


def _flag(name: str, value: Any) -> tuple[str, ...]:
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return (flag if value else f"--no-{flag[2:]}",)
    return (flag, str(value))
