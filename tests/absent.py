"""Tools that this machine lacks: who asks for one skips, saying which command brings it."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from rlcf.errors import UserError
from rlcf.languages.jvm import jdk
from rlcf.languages.spec import Spec

TOOLCHAINS = "scripts/ensure_toolchains.sh"
JDK = "scripts/ensure_jdk.sh"
BROWSER = "scripts/ensure_browser.sh"
ADAPTERS = "make test-adapters"
_COMMAND = re.compile(r"(?:scripts/\w+\.sh|make [\w-]+|pip install \S+)")


def _java_is_missing() -> bool:
    try:
        jdk.find_jdk()
    except UserError:
        return True
    return False


needs_jdk = pytest.mark.skipif(_java_is_missing(), reason=f"no JDK: {JDK}")
"""For tests that start a process which needs one: those that ask themselves skip anyway."""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where a program that no set-up step installs is not on the PATH."""
    lacking = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"no {', '.join(lacking)} here")


def skip_where_asked(patch: pytest.MonkeyPatch) -> None:
    """Let the product's own search for a tool skip the test instead of raising.

    In the tests' own environment alone: a test that makes another one up wants to see the error.
    """
    own = _environment()
    find, require = jdk._find, Spec.require

    def find_or_skip(java_home: str, path: str) -> jdk.Jdk:
        try:
            return find(java_home, path)
        except UserError:
            if (java_home, path) == own:
                pytest.skip(f"no JDK: {JDK}")
            raise

    def require_or_skip(language: Spec) -> None:
        try:
            require(language)
        except UserError:
            if _environment() == own:
                pytest.skip(f"{language.name}: {language.missing()}: {TOOLCHAINS}")
            raise

    patch.setattr(jdk, "_find", find_or_skip)
    patch.setattr(Spec, "require", require_or_skip)


def _environment() -> tuple[str, str]:
    return os.environ.get("JAVA_HOME", ""), os.environ.get("PATH", "")


def reason_of(report: Any) -> str:
    """Why a test skipped, from pytest's report of it."""
    place = report.longrepr
    return str(place[2] if isinstance(place, tuple) else place)


def summary(reasons: Sequence[str]) -> str:
    """One line: how many skipped, and which command brings how many of them."""
    commands = Counter(_command(reason) for reason in reasons)
    other = commands.pop("", 0)
    parts = [f"{count} by {command}" for command, count in commands.most_common()]
    parts += [f"{other} for reasons of their own (above)"] if other else []
    return f"{len(reasons)} skipped; what they want comes: {', '.join(parts)}"


def _command(reason: str) -> str:
    found = _COMMAND.search(reason)
    if found:
        return found[0]
    # In the product's own words for a language that is not ready: "lua: lua, luac not found".
    return TOOLCHAINS if reason.endswith("not found") else ""
