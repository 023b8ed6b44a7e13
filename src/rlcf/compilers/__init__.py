"""Is a program valid? One module a language behind one interface.

Import costs nothing and needs no torch: a language's module is loaded when it is
first asked for. Does not run programs (`rlcf.sandbox`).
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast

from rlcf.compilers import registry
from rlcf.compilers.base import Compiler, CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.errors import UserError

__all__ = [
    "CompileResult",
    "Compiler",
    "Diagnostic",
    "ErrorClass",
    "Verdict",
    "check",
    "get_compiler",
    "languages",
    "options_for",
]


def languages() -> tuple[str, ...]:
    """Names of the languages that can be compiled where their tools are installed."""
    return registry.names()


def get_compiler(language: str, **options: Any) -> Compiler:
    """A compiler of its own, to be closed by the caller.

    Raises:
        UserError: unknown language or option, or the language's compiler is not installed.
    """
    name = registry.known(language)
    if name == "java":
        from rlcf.compilers.java import create

        return cast(Compiler, create(**options))
    from rlcf.languages.compiler import LanguageCompiler

    return LanguageCompiler(*registry.make(name, options))


def options_for(language: str, class_path: Sequence[str]) -> dict[str, Any]:
    """Options of `get_compiler` and `get_runner` for programs that need this class path.

    Raises:
        UserError: it is given for another language than Java.
    """
    if not class_path:
        return {}
    if registry.known(language) != "java":
        raise UserError(f"--class-path is for Java: leave it out for {language}")
    return {"class_path": tuple(class_path)}


def check(
    programs: Iterable[str], language: str = "java", *, class_path: Iterable[str] = ()
) -> list[CompileResult]:
    """Judge programs with a compiler that this process keeps until it exits.

    Args:
        programs: source texts, in any iterable.
        language: of all of them.
        class_path: Java: directories and jar files that programs are compiled against.

    Raises:
        TypeError: `programs` is one string, or holds other things than strings.
        UserError: as `get_compiler`.
    """
    if isinstance(programs, str):
        raise TypeError("check takes a list of programs: check([source])")
    sources = list(programs)
    for source in sources:
        if not isinstance(source, str):
            raise TypeError(f"check takes the text of programs, not {type(source).__name__}")
    entries = (class_path,) if isinstance(class_path, str) else tuple(map(str, class_path))
    return _shared(registry.known(language), entries, os.getpid()).check(sources)


@cache
def _shared(language: str, class_path: tuple[str, ...], _process: int) -> Compiler:
    compiler = get_compiler(language, **options_for(language, class_path))
    atexit.register(compiler.close)
    return compiler
