"""Hints at optional parts work as they are typed, from a checkout as well as from the index."""

from __future__ import annotations

import ast
import json
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from rlcf import install

ROOT = Path(__file__).parents[1]


def test_in_a_checkout_the_checkout_is_named() -> None:
    words = shlex.split(install.install_hint("train"))
    assert words == ["pip", "install", f"{ROOT}[train]"]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if the package lay in site-packages."""
    monkeypatch.setattr(install, "__file__", str(tmp_path / "lib" / "rlcf" / "install.py"))
    return tmp_path


def installed(monkeypatch: pytest.MonkeyPatch, noted: str | None) -> None:
    found = SimpleNamespace(read_text=lambda name: noted)
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: found)


def test_from_the_index_the_name_is_enough(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, None)
    assert install.install_hint("lora") == "pip install 'rlcf[lora]'"


def test_what_was_installed_from_a_checkout_names_it(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = elsewhere / "my checkout"
    installed(monkeypatch, json.dumps({"url": checkout.as_uri(), "dir_info": {}}))
    assert install.install_hint("lora") == "pip install 'rlcf[lora]'"  # it is gone
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text("")
    assert shlex.split(install.install_hint("lora"))[-1] == f"{checkout}[lora]"


def test_no_message_names_the_index_alone() -> None:
    for file in (ROOT / "src" / "rlcf").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "pip install 'rlcf[" not in node.value, (file, node.lineno)
