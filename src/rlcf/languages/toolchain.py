"""A language's compiler and its test runner as one thing, whatever engine is behind it."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from types import TracebackType
from typing import Any

from rlcf.errors import UserError
from rlcf.languages import registry
from rlcf.languages.outcome import Job, RunResult
from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.sandbox.limits import Limits

ATTEMPTS = 3


class Toolchain:
    """Judges programs of one language and runs their tests. Batched, ordered, thread-safe.

    Starts nothing until it is asked; to be closed by whoever made it.
    """

    def __init__(self, language: str, **options: Any) -> None:
        """With options that all languages have (`EngineOptions`) and the language's own.

        Raises:
            UserError: unknown language or option, or the language's tools are not installed.
        """
        self.language = registry.known(language)
        spec, shared = registry.make(self.language, options)
        self._engine = spec.engine(shared)

    def check(
        self, programs: Sequence[str], names: Sequence[str] | None = None
    ) -> list[CompileResult]:
        """Judge each program; the i-th result is the i-th program's. Never raises for bad ones.

        `names` are those of their files without the suffix, for languages that mind them.
        """
        return self._engine.check(programs, names)

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        """Run each job; the i-th result is the i-th job's. Never raises for bad programs."""
        return self._engine.run(jobs, limits)

    def close(self) -> None:
        """Release processes; the next work starts them anew."""
        self._engine.close()

    def __enter__(self) -> Toolchain:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check_until_scored(
    check: Callable[[Sequence[str]], Sequence[CompileResult]], programs: Sequence[str]
) -> list[CompileResult]:
    """Verdicts by `check`; a program that a busy machine left unscored is asked about again.

    Without that, what is made of the verdicts would depend on what else the machine is doing.
    """
    results = {i: CompileResult(Verdict.UNSCORED) for i in range(len(programs))}
    for _ in range(ATTEMPTS):
        missing = [i for i, result in results.items() if result.verdict is Verdict.UNSCORED]
        if missing:
            asked = check([programs[i] for i in missing])
            results.update(zip(missing, asked, strict=True))
    return list(results.values())


def options_for(
    languages: Collection[str], class_path: Sequence[str]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Options of each language's `Toolchain`; those that know a class path get this one.

    Raises:
        UserError: none of them does.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in languages}
    if not class_path or not found:
        return found
    for name in languages:
        if "class_path" in registry.own_options(registry.known(name)):
            found[name] = {"class_path": tuple(class_path)}
    if not any(found.values()):
        words = ", ".join(languages)
        raise UserError(f"--class-path: {words} programs take none, leave it out")
    return found


def check(
    programs: Iterable[str], language: str = "java", *, class_path: Iterable[str] = ()
) -> list[CompileResult]:
    """Judge programs with a compiler that this process keeps until it exits.

    Args:
        programs: source texts, in any iterable.
        language: of all of them.
        class_path: what programs are compiled against (`rlcf.languages.classpath`).

    Raises:
        TypeError: `programs` is one string, or holds other things than strings.
        UserError: as `Toolchain`.
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
def _shared(language: str, class_path: tuple[str, ...], _process: int) -> Toolchain:
    toolchain = Toolchain(language, **options_for([language], class_path)[language])
    atexit.register(toolchain.close)
    return toolchain
