"""Packages that only the adapters' own environment has (`make test-adapters`)."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest


def package(name: str) -> Any:
    """The module; where it is not installed the test skips, except in that environment."""
    if os.environ.get("RLCF_ADAPTERS"):
        return import_module(name)
    return pytest.importorskip(name, reason=f"no {name.partition('.')[0]}: make test-adapters")
