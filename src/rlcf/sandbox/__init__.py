"""Do a program's tests pass? Untrusted code runs in other processes, within limits.

Import costs nothing and needs no torch: a language's module is loaded when it is
first asked for. Does not judge validity (`rlcf.compilers`).
"""

from __future__ import annotations

from typing import Any, cast

from rlcf.compilers import registry
from rlcf.sandbox.base import Job, Limits, Outcome, Runner, RunResult

__all__ = ["Job", "Limits", "Outcome", "RunResult", "Runner", "get_runner", "languages"]


def languages() -> tuple[str, ...]:
    """Names of the languages whose tests can be run."""
    return registry.names()


def get_runner(language: str, **options: Any) -> Runner:
    """A runner of its own, to be closed by the caller.

    Raises:
        UserError: unknown language or option, or the language's tools are not installed.
    """
    name = registry.known(language)
    if name == "java":
        from rlcf.sandbox.java import create

        return cast(Runner, create(**options))
    from rlcf.languages.runner import LanguageRunner

    return LanguageRunner(*registry.make(name, options))
