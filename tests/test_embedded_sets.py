"""The frozen embedded sets: which tasks they give, and that the generator makes the same."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections import Counter
from itertools import pairwise

import pytest

from generator import PARTS, keys_of
from make_tasks import row, tasks_of
from rlcf.assets import embedded_tasks
from rlcf.errors import UserError
from rlcf.tasks import Task, load_tasks
from rlcf.tasks.embedded import EMBEDDED, SPLITS

pytestmark = pytest.mark.in_process

COMMITTED = {
    # what the embedded policies learnt from
    ("embedded:train", 9000): "3105b3d2df18b8a2",
    ("embedded-python:train", 9000): "e6c0bb94881beb83",
    ("embedded-cpp:train", 9000): "70fa0550a111145e",
    # what they are validated and measured on
    ("embedded:validation", None): "dffc304e7f4349cb",
    ("embedded-python:validation", None): "1f834d1f1ff3704a",
    ("embedded-cpp:validation", None): "18c4b06ac54a6b04",
    ("embedded:test", 400): "c6a076d2a241d0d1",
    ("embedded-python:test", 400): "65494a46b8b8f4b1",
    ("embedded-cpp:test", 400): "511f5b4bd65275b1",
    # the quickstart
    ("embedded:train", 4000): "059fd392627ee6f1",
    ("embedded-python:train", 4000): "be7eecc0314ecb59",
    ("embedded-cpp:train", 384): "7603d92f6676bd5a",
    ("embedded-cpp:test", 120): "c254ee32ad9c0d2c",
    # recipes/mbjp
    ("embedded:train", 11000): "6d6700028a1a8ac3",
}
"""Digests of the rows of sets that committed results rest on, by set and limit."""


def template(task: Task) -> str:
    """The template that made a task."""
    return task.task_id.split("/")[1]


@pytest.mark.parametrize(("name", "limit"), COMMITTED)
def test_committed_results_rest_on_these_tasks(name: str, limit: int | None) -> None:
    text = "".join(json.dumps(task.to_json()) + "\n" for task in load_tasks(name, limit=limit))
    assert hashlib.sha256(text.encode()).hexdigest().startswith(COMMITTED[name, limit])


@pytest.mark.parametrize("language", EMBEDDED.values())
def test_the_generator_makes_the_files(language: str) -> None:
    every = 29
    for part in PARTS:
        text = lzma.decompress(embedded_tasks(language, part).read_bytes()).decode()
        rows = text.splitlines(keepends=True)
        assert len(rows) == sum(1 for _ in keys_of(part))
        assert rows[::every] == [row(task) for task in tasks_of(language, part, every)]


def test_another_seed_draws_other_tasks_of_the_set() -> None:
    zero, one = (load_tasks("embedded:train", limit=150, seed=seed) for seed in (0, 1))
    assert zero == load_tasks("embedded:train", limit=150)
    assert {t.task_id for t in zero} != {t.task_id for t in one}
    most = {t.task_id: t for t in load_tasks("embedded:train", limit=12_000, seed=2)}
    shared = [t for t in one if t.task_id in most]
    assert len(shared) > 0.9 * len(one)
    assert all(most[t.task_id] == t for t in shared)


@pytest.mark.parametrize("split", SPLITS)
def test_every_language_has_the_same_tasks(split: str) -> None:
    drawn = [load_tasks(name, split=split, limit=60, seed=2) for name in EMBEDDED]
    for one, other in pairwise(drawn):
        assert [template(t) for t in one] == [template(t) for t in other]
    for tasks, (name, language) in zip(drawn, EMBEDDED.items(), strict=True):
        assert {t.language for t in tasks} == {language}
        assert {t.task_id.split("/")[0] for t in tasks} == {name}


def test_splits_share_no_task() -> None:
    seen = {s: {(t.prompt, t.reference) for t in load_tasks(f"embedded:{s}")} for s in SPLITS}
    assert len(set.union(*seen.values())) == sum(len(tasks) for tasks in seen.values()) == 3000


def test_draws_are_distinct_and_balanced() -> None:
    train = load_tasks("embedded:train", limit=11_000)
    assert len({t.task_id for t in train}) == 11_000
    by_template = Counter(map(template, train))
    assert max(by_template.values()) <= 3 * len(train) / len(by_template)


def test_a_fifth_of_the_tests_are_from_templates_never_trained_on() -> None:
    known = {template(t) for s in ("train", "validation") for t in load_tasks(f"embedded:{s}")}
    test = load_tasks("embedded:test", limit=500)
    assert sum(template(t) not in known for t in test) == 100


@pytest.mark.parametrize(
    ("split", "most"), [("train", 12098), ("validation", 1249), ("test", 2322)]
)
def test_more_tasks_than_there_are_is_told_in_one_line(split: str, most: int) -> None:
    said = f"embedded:{split} has fewer than 1,000,000 tasks: ask for at most {most:,}"
    with pytest.raises(UserError, match=said):
        load_tasks("embedded", split=split, limit=10**6)
    everything = load_tasks("embedded", split=split, limit=most)
    assert len({t.task_id for t in everything}) == most
