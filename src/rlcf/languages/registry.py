"""Which languages there are: those that come with rlcf, and those that other packages register.

A package registers a language by an entry point of the group `rlcf.languages` whose value is a
subclass of `rlcf.languages.Language`. Loads a language's module when it is asked for, not before.
Does not say whether its tools are installed (`Spec.missing`).
"""

from __future__ import annotations

import inspect
from dataclasses import fields
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.languages.spec import EngineOptions, Spec
from rlcf.settings import unknown
from rlcf.tasks.names import common_name

GROUP = "rlcf.languages"
_BUILT_IN = {
    "java": "java.language:Java",
    "c": "c:C",
    "cpp": "cpp:Cpp",
    "csharp": "csharp:CSharp",
    "fortran": "fortran:Fortran",
    "go": "go:Go",
    "javascript": "javascript:JavaScript",
    "kotlin": "jvm.kotlin:Kotlin",
    "lua": "lua:Lua",
    "perl": "perl:Perl",
    "php": "php:Php",
    "python": "python:Python",
    "ruby": "ruby:Ruby",
    "rust": "rust:Rust",
    "scala": "jvm.scala:Scala",
    "typescript": "typescript:TypeScript",
}
_EXTENSIONS = {
    "c": "c",
    **dict.fromkeys(("cc", "cpp", "cxx"), "cpp"),
    "cs": "csharp",
    **dict.fromkeys(("f90", "f95", "f03", "f08"), "fortran"),
    "go": "go",
    "java": "java",
    **dict.fromkeys(("js", "cjs", "mjs"), "javascript"),
    "kt": "kotlin",
    "lua": "lua",
    **dict.fromkeys(("pl", "pm"), "perl"),
    "php": "php",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "scala": "scala",
    **dict.fromkeys(("ts", "cts", "mts"), "typescript"),
}


def names() -> tuple[str, ...]:
    """All known languages, whether their tools are installed or not."""
    return tuple(dict.fromkeys((*_BUILT_IN, *sorted(_registered()))))


def known(language: str) -> str:
    """The name under which a language is known.

    Raises:
        UserError: it is not.
    """
    name = common_name(language)
    if name not in names():
        raise unknown("language", language, names())
    return name


def language_of(file: Path) -> str | None:
    """The language that a file's extension stands for, if it does for one."""
    return _EXTENSIONS.get(file.suffix.lower().removeprefix("."))


def extension_of(language: str) -> str:
    """The usual extension of a language's files; its name where none is known."""
    return next((e for e, name in _EXTENSIONS.items() if name == language), language)


def load(name: str) -> type[Spec]:
    """A language's class.

    Raises:
        UserError: it is registered by a package but cannot be loaded.
    """
    if name in _BUILT_IN:
        module, _, what = _BUILT_IN[name].partition(":")
        found: type[Spec] = getattr(import_module(f"rlcf.languages.{module}"), what)
        return found
    entry = _registered()[name]
    try:
        loaded: type[Spec] = entry.load()
    except Exception as e:  # a package that is not ours may fail in any way
        raise UserError(f"the language {name!r} ({entry.value}) cannot be loaded: {e}") from e
    return loaded


def own_options(name: str) -> tuple[str, ...]:
    """Names of the options that this language has besides `EngineOptions`."""
    return tuple(inspect.signature(load(name)).parameters)


def make(name: str, options: dict[str, Any]) -> tuple[Spec, EngineOptions]:
    """A language with its own options, and those that all engines have.

    Raises:
        UserError: an option that neither has.
    """
    shared, own = [field.name for field in fields(EngineOptions)], own_options(name)
    for option in options:
        if option not in (*shared, *own):
            words = ", ".join((*own, *shared))
            raise UserError(f"unknown {name} option {option!r}: known are {words}")
    general = EngineOptions(**{k: v for k, v in options.items() if k in shared})
    return load(name)(**{k: v for k, v in options.items() if k in own}), general


@cache
def _registered() -> dict[str, EntryPoint]:
    return {entry.name.lower(): entry for entry in entry_points(group=GROUP)}
