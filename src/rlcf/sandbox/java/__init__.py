"""Java: tests run in a pool of warm JVMs, each program in a class loader of its own.

`create` is what `rlcf.sandbox.get_runner("java")` calls.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from rlcf.errors import UserError
from rlcf.sandbox.java.runner import JavaRunner, RunnerOptions

__all__ = ["JavaRunner", "RunnerOptions", "create"]


def create(**options: Any) -> JavaRunner:
    """A runner with these fields of `RunnerOptions`.

    Raises:
        UserError: an unknown option, or no usable JDK.
    """
    known = [f.name for f in fields(RunnerOptions)]
    for name in options:
        if name not in known:
            raise UserError(f"unknown Java runner option {name!r}: known are {', '.join(known)}")
    return JavaRunner(RunnerOptions(**options))
