"""The recipe that makes problems which nobody has solved out of those that somebody has."""

from __future__ import annotations

import random
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from rlcf.tasks import Task, load_tasks, write_tasks

SCRIPT = Path(__file__).parents[1] / "recipes" / "mathqa_java" / "open_prompts.py"
TEXTS = (
    (
        "a train of 1,500 m runs at 60 km / hr past a post . how long does it take ? "
        "n0 = 1500.0 n1 = 60.0"
    ),
    (
        "find the interest on 800 at 5 percent in 3 years , paid in the end ? "
        "n0 = 800.0 n1 = 5.0 n2 = 3.0"
    ),
    "what is the sum of the first nine even numbers ?",
)


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def task(i: int, text: str) -> Task:
    return Task(f"m{i}", "java", f"/* {text} */ {{\n", "return 1; }", "test", "f", text)


def test_descriptions_are_divided_into_words_and_values(script: dict[str, Any]) -> None:
    words, values = script["divide"](TEXTS[0])
    assert words[:4] == ["a", "train", "of", "1,500"]
    assert words[-1] == "?"
    assert values == ["1500.0", "60.0"]
    assert script["divide"](TEXTS[2])[1] == []


def test_only_values_that_are_named_are_left(script: dict[str, Any]) -> None:
    named = script["named_in"]
    assert named(["of", "1,500", "m"], ["1500.0", "60.0"]) == ["1500.0"]
    assert named(["none"], ["1500.0"]) == []


def test_made_problems_are_new_and_have_no_reference(script: dict[str, Any]) -> None:
    tasks = [task(i, text) for i, text in enumerate(TEXTS)]
    made = script["make"](tasks, 50, 0)
    assert len({t.task_id for t in made}) == 50
    for one in made:
        assert one.reference is None
        assert one.tests is None
        assert one.description in one.prompt
        assert one.description not in TEXTS
        words, values = script["divide"](one.description)
        assert values
        assert values == script["named_in"](words, values)
    assert made == script["make"](tasks, 50, 0)
    assert made != script["make"](tasks, 50, 1)


def test_a_tail_keeps_its_own_numbers_behind_the_heads(script: dict[str, Any]) -> None:
    for seed in range(20):
        text, count = script["joined"](task(0, TEXTS[0]), task(1, TEXTS[1]), random.Random(seed))
        values = script["divide"](text)[1]
        assert len(values) == count
        assert text.startswith("a train of 1,500 m")
        assert values[0] == "1500.0"
        assert set(values[1:]) <= {"60.0", "800.0", "5.0", "3.0"}


def test_the_command_writes_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tasks(tmp_path / "fit.jsonl", [task(i, text) for i, text in enumerate(TEXTS)])
    out = tmp_path / "open.jsonl"
    arguments = [str(SCRIPT), str(tmp_path / "fit.jsonl"), str(out), "--count", "4"]
    monkeypatch.setattr(sys, "argv", arguments)
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert [t.reference for t in load_tasks(str(out))] == [None] * 4
