"""The families of templates, one module each (a large family may take two)."""

from __future__ import annotations

from types import ModuleType

from rlcf.tasks.embedded.families import (
    arithmetic,
    arrays,
    control_flow,
    lists,
    maps,
    number_theory,
    strings,
    words,
)

MODULES: tuple[ModuleType, ...] = (
    arithmetic,
    number_theory,
    strings,
    words,
    arrays,
    lists,
    maps,
    control_flow,
)
