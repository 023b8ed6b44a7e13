"""Imports between the rooms of rlcf go the way that the plan says, and in no circle.

All imports count: those inside of functions, and those for type checkers alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rlcf

ROOT = Path(rlcf.__file__).parent
GROUND = {
    *("assets", "atomic", "builds", "device", "errors", "inputs", "install"),
    *("modelplace", "outputs", "runfiles", "settings", "text"),
}
"""What every room may use; knows no room."""
_JUDGES = {"languages", "sandbox", "tasks"}
_MODELS = {"comparator", "policy", "grounding", *_JUDGES}
PLAN: dict[str, set[str]] = {
    "tasks": set(),
    "sandbox": set(),
    "languages": {"sandbox", "tasks"},
    "comparator": {"tasks"},
    "policy": {"comparator", *_JUDGES},
    "grounding": {"comparator", "policy", *_JUDGES},
    "evaluation": _MODELS,
    "training": {"evaluation", *_MODELS},
    "corpus": _JUDGES,
    "adapters": {"evaluation", *_MODELS},
    "server": {"adapters", *_MODELS},
    "cli": {"adapters", "corpus", "evaluation", "server", "training", *_MODELS},
}


OLD_NAMES = {Path("compilers.py"), Path("sandbox/base.py")}
"""Names of version 0.1 for what moved up (test_old_names); nothing of ours may import them."""


def imports() -> Iterator[tuple[str, str, str]]:
    """(room, room or module that is imported, place) of each import of rlcf by rlcf."""
    for file in sorted(ROOT.rglob("*.py")):
        if file.relative_to(ROOT) in OLD_NAMES:
            continue
        package = ("rlcf", *file.relative_to(ROOT).parts[:-1])
        room = package[1] if len(package) > 1 else file.stem
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in _names(node, package):
                if name.startswith("rlcf.") and name.split(".")[1] != room:
                    place = f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
                    yield room, name.split(".")[1], place


def _names(node: ast.AST, package: tuple[str, ...]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
    module = ".".join(filter(None, (base, node.module)))
    return [f"rlcf.{alias.name}" for alias in node.names] if module == "rlcf" else [module]


ARROWS = list(imports())


def test_the_plan_knows_every_room() -> None:
    rooms = {folder.name for folder in ROOT.iterdir() if (folder / "__init__.py").is_file()}
    modules = {file.stem for file in ROOT.glob("*.py")} - {"__init__", "__main__"}
    old = {file.stem for file in OLD_NAMES if file.parent == Path()}
    assert rooms | modules == {*PLAN, *GROUND, *old}


@pytest.mark.parametrize("room", [*PLAN, *sorted(GROUND)])
def test_a_room_imports_what_lies_below_it(room: str) -> None:
    allowed = PLAN.get(room, set()) | GROUND | {"__version__"}
    assert [
        f"{place} -> {to}" for at, to, place in ARROWS if at == room and to not in allowed
    ] == []


def test_there_is_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for room, to, _ in ARROWS:
        if room not in ("__init__", "__main__"):
            graph.setdefault(room, set()).add(to)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as e:
        pytest.fail(" -> ".join(e.args[1]))
