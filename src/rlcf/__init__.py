"""rlcf: reinforcement learning with compiler feedback.

The names here are the short way in; each loads its part only when it is used, so
that `import rlcf` costs next to nothing and whoever wants only verdicts never
loads torch. Does not cover the command line (`rlcf.cli`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlcf.compilers.base import CompileResult as CompileResult
    from rlcf.compilers.base import Diagnostic as Diagnostic
    from rlcf.compilers.base import Verdict as Verdict
    from rlcf.errors import UserError as UserError
    from rlcf.tasks import Task as Task
    from rlcf.tasks import load_tasks as load_tasks

__version__ = "0.1.0"

_LAZY = {
    "CompileResult": "rlcf.compilers.base",
    "Diagnostic": "rlcf.compilers.base",
    "Verdict": "rlcf.compilers.base",
    "UserError": "rlcf.errors",
    "Task": "rlcf.tasks",
    "load_tasks": "rlcf.tasks",
}
"""Public name -> the module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'rlcf' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


def check(programs: Sequence[str], language: str = "java") -> list[CompileResult]:
    """Ask the compiler of `language` about each program, in order.

    Starts the compiler and stops it again: for many calls, keep one from
    `rlcf.compilers.get_compiler` instead.

    Raises:
        TypeError: `programs` is one string, not a sequence of them.
        rlcf.UserError: unknown language, or its compiler is not installed.
    """
    if isinstance(programs, str):
        raise TypeError("check takes a list of programs: check([source])")
    from rlcf.compilers import get_compiler

    compiler = get_compiler(language)
    try:
        return compiler.check(list(programs))
    finally:
        compiler.close()
