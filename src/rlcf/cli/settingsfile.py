"""Settings files: `rlcf VERB --config FILE`, as if they stood on the command line before its flags.

TOML has a table a verb, whose keys are the verb's flags: `comparator_mode = "frozen"` in `[train]`.
JSON is the `config.json` that a run keeps. Covers reading, checking and translating.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.inputs import read_text
from rlcf.settings import check, flag, from_file, leaves, unknown


def expand(verb: str, verbs: Iterable[str], settings: type, args: Sequence[str]) -> list[str]:
    """Arguments with `--config FILE` replaced by what the file says for `verb`.

    A flag that is given takes the place of the file's, and a later file's that of an earlier one's.

    Args:
        verb: what is to run.
        verbs: all that there are: the tables that a file may have.
        settings: dataclass of the verb's.
        args: as typed.

    Raises:
        UserError: the file is missing or malformed, has no table for the verb, or a table, key or
            value that is none.
    """
    configs, rest = _apart(args)
    found: dict[str, Any] = {}
    for file in configs:
        found |= _read(verb, verbs, file, settings)
    given = {_name(word) for word in rest if word.startswith("--")}
    flags = [_flag(name, value) for name, value in found.items() if name not in given]
    return rest + [word for words in flags for word in words]


def files(args: Sequence[str]) -> list[Path]:
    """The settings files that arguments name.

    Raises:
        UserError: a name is missing.
    """
    return _apart(args)[0]


def _apart(args: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The settings files, and the other words."""
    configs: list[Path] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--config" or word.startswith("--config="):
            file = word.partition("=")[2] if "=" in word else next(words, "")
            if not file:
                raise UserError("--config needs a file")
            configs.append(Path(file))
        else:
            rest.append(word)
    return configs, rest


def _read(verb: str, verbs: Iterable[str], file: Path, settings: type) -> dict[str, Any]:
    """What a file says for a verb, by the flags' names."""
    known = leaves(settings)
    found = {}
    for key, value in _table(verb, verbs, file).items():
        name = key.replace("-", "_")
        if name not in known:
            raise unknown(f"setting of {verb} in {file}", key, known)
        found[name] = from_file(value, known[name].hint)
        check(f"{file}: {key}", found[name], known[name].hint)
        if found[name] is None and known[name].default is None:
            del found[name]  # of a text, the command line has no word for it
    return found


def _table(verb: str, verbs: Iterable[str], file: Path) -> dict[str, Any]:
    text, json_ = read_text(file), file.suffix == ".json"
    try:
        content = json.loads(text) if json_ else tomllib.loads(text)
    except ValueError as error:
        raise UserError(f"{file} is no {'JSON' if json_ else 'TOML'}: {error}") from error
    if not json_:
        for table in content:
            if table not in verbs:
                raise unknown(f"table in {file}", table, verbs)
        if verb not in content:
            raise UserError(
                f"{file} has no table [{verb}]; it has {', '.join(content) or 'nothing'}"
            )
        content = content[verb]
    if not isinstance(content, dict):
        raise UserError(f"{file} holds no settings of {verb}")
    return content


def _name(word: str) -> str:
    """Which setting a flag is of, however it is spelt and whether it says yes or no."""
    return word.partition("=")[0].replace("-", "_").removeprefix("__").removeprefix("no_")


def _flag(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag(name if value else f"no_{name}")]
    if isinstance(value, tuple):
        return [flag(name), *map(str, value)] if value else []
    return [f"{flag(name)}={'none' if value is None else value}"]
