"""Which tasks a step gets: permutations, open tasks, references to hold on to."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from rich.console import Console

import tiny
from rlcf.errors import UserError
from rlcf.tasks import write_tasks
from rlcf.tasks.task import Task
from rlcf.training import train as train_module
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.schedule import Schedule

pytestmark = pytest.mark.in_process

TASKS = [Task(str(i), "java", f"p{i}", f"r{i}") for i in range(7)]
OPEN = [Task(f"open{i}", "java", f"q{i}") for i in range(5)]


def ids(tasks: list[Task]) -> list[str]:
    return [t.task_id for t in tasks]


def test_each_epoch_takes_every_task_once_in_another_order() -> None:
    schedule = Schedule(TrainConfig.of(model="m", prompts_per_step=3), TASKS)
    drawn = [i for step in range(1, 15) for i in ids(schedule.prompts(step))]
    epochs = [drawn[start : start + 7] for start in range(0, 42, 7)]
    assert all(sorted(epoch) == ids(TASKS) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_a_step_larger_than_the_set_takes_tasks_again() -> None:
    drawn = Schedule(TrainConfig.of(model="m", prompts_per_step=17), TASKS).prompts(1)
    assert set(Counter(ids(drawn)).values()) == {2, 3}


def test_what_a_step_gets_follows_from_seed_and_step_alone() -> None:
    config = TrainConfig.of(model="m", prompts_per_step=4, reference_coef=1.0, reference_batch=3)
    one, again = Schedule(config, TASKS), Schedule(config, TASKS)
    one.prompts(1)
    assert one.prompts(2) == again.prompts(2)
    assert one.references(2) == again.references(2)
    other = Schedule(config.but(seed=1), TASKS)
    assert [other.prompts(s) for s in range(1, 6)] != [one.prompts(s) for s in range(1, 6)]


def test_open_tasks_take_their_share_and_references_come_of_the_others() -> None:
    config = TrainConfig.of(
        model="m",
        prompts_per_step=8,
        open_tasks="x",
        open_share=0.75,
        reference_coef=1.0,
        reference_batch=5,
    )
    schedule = Schedule(config, TASKS, OPEN)
    for step in (1, 2, 3):
        prompts = schedule.prompts(step)
        assert [t in OPEN for t in prompts] == [False] * 2 + [True] * 6
        references = schedule.references(step)
        assert len(references) == 5
        assert not set(references) & set(OPEN)


@pytest.mark.parametrize(
    ("settings", "flag"),
    [({"open_share": 1.5}, "--open-share"), ({"reference_batch": 8}, "--reference-coef")],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any], flag: str) -> None:
    with pytest.raises(UserError, match=flag):
        TrainConfig.of(model="m", **settings)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """Half of four prompts are open; a program that holds an `e` is rejected."""
    tiny.save_policy(tmp_path / "model")
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks())
    unsolved = [replace(t, task_id=f"open{t.task_id}", reference="BAD") for t in tiny.tasks()]
    write_tasks(tmp_path / "open.jsonl", unsolved)
    compiler = tiny.FakeCompiler(["BAD"], [])
    monkeypatch.setattr(train_module, "Toolchain", lambda language: compiler)
    return TrainConfig.of(
        model=str(tmp_path / "model"),
        tasks=str(tmp_path / "tasks.jsonl"),
        open_tasks=str(tmp_path / "open.jsonl"),
        comparator_mode="frozen",
        comparator_neighbours=0,
        out=str(tmp_path / "run"),
        steps=2,
        prompts_per_step=4,
        samples_per_prompt=2,
        reference_coef=1.0,
        reference_batch=5,
        minibatches=2,
        validation="none",
        max_new_tokens=12,
        precision="fp32",
        threads=1,
    )


def test_the_compiler_alone_judges_programs_of_open_tasks(config: TrainConfig) -> None:
    """Their references, which do not compile here, are not looked at."""
    train_module.train(config, Console(quiet=True))
    run = RunDir(Path(config.out))
    files = sorted((run.path / "rollouts").iterdir())
    rows = [json.loads(x) for f in files for x in zstandard.decompress(f.read_bytes()).splitlines()]
    assert len(rows) == 2 * 4 * 2
    for row in rows:
        unsolved = row["task_id"].startswith("open")
        assert (row["similarity"] is None) == unsolved
        assert row["reward"] == 1.0 if unsolved else row["reward"] < 1.0
    assert sum(row["task_id"].startswith("open") for row in rows) == len(rows) / 2
    assert all(row["reference_loss"] > 0 for row in run.metrics())


def test_no_open_task_in_the_language_is_an_error(config: TrainConfig, tmp_path: Path) -> None:
    write_tasks(tmp_path / "open.jsonl", [replace(t, language="go") for t in tiny.tasks()])
    with pytest.raises(UserError, match=r"open\.jsonl holds no task in java"):
        train_module.train(config, Console(quiet=True))
