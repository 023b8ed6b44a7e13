"""The jail alone: processes of untrusted programs, their walls and their limits.

Knows neither languages nor what an outcome means (`rlcf.languages`).
"""

from importlib import import_module
from typing import Any

_OLD = frozenset({"Job", "Limits", "Outcome", "RunResult", "Runner", "get_runner"})


def __getattr__(name: str) -> Any:
    """Names that were here in version 0.1, from `base`."""
    if name in _OLD:
        return getattr(import_module("rlcf.sandbox.base"), name)
    raise AttributeError(f"module 'rlcf.sandbox' has no attribute {name!r}")
