"""The versions that docs/adapters.md names are those that `make test-adapters` installs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {"OpenRLHF": "openrlhf", "OpenEnv": "openenv", "lm-eval": "lm_eval", "TRL": "trl"}


def test_docs_name_the_versions_that_are_tested() -> None:
    lists = ("requirements-adapters.txt", "requirements-openenv.txt")
    text = "".join((ROOT / name).read_text() for name in lists)
    pins = dict(line.split("==") for line in text.splitlines() if "==" in line)
    page = (ROOT / "docs" / "adapters.md").read_text()
    named = re.findall(r"^\| ([\w-]+) \| (\d[\d.]*) \|", page, re.MULTILINE)
    assert len(named) == 6
    assert {PACKAGES.get(n, n): v for n, v in named} == {
        PACKAGES.get(n, n): pins[PACKAGES.get(n, n)] for n, _ in named
    }
