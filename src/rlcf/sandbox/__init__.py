"""Do a program's tests pass? Untrusted code runs in other processes, within limits.

Import costs nothing and needs no torch: a language's module is loaded when it is
first asked for. Does not judge validity (`rlcf.compilers`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from rlcf.errors import UserError
from rlcf.sandbox.base import Job, Limits, Outcome, Runner, RunResult

__all__ = ["Job", "Limits", "Outcome", "RunResult", "Runner", "get_runner", "languages"]

_MODULES = {"java": "rlcf.sandbox.java"}
"""Language -> module with `create(**options) -> Runner`."""


def languages() -> tuple[str, ...]:
    """Names of the languages whose tests can be run."""
    return tuple(_MODULES)


def get_runner(language: str, **options: Any) -> Runner:
    """A runner of its own, to be closed by the caller.

    Raises:
        UserError: unknown language or option, or the language's tools are not installed.
    """
    if language not in _MODULES:
        raise UserError(f"cannot run {language!r}: known are {', '.join(_MODULES)}")
    return cast(Runner, import_module(_MODULES[language]).create(**options))
