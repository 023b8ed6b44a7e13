"""Validation is on tasks of the same kind that are not trained on, and says which."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import tiny
from rlcf.errors import UserError
from rlcf.tasks import write_tasks
from rlcf.training import train as train_module
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.parts import training_tasks
from rlcf.training.sft import run_sft
from rlcf.training.sftconfig import SftConfig
from rlcf.training.train import Trainer
from rlcf.training.validation import Validation, divide


def test_a_share_of_ones_own_tasks_is_held_out() -> None:
    tasks = tiny.tasks(30)
    found = divide(tasks, "mine.jsonl", "auto", 64, seed=0)
    assert len(found.validation) == 3
    assert sorted([*found.training, *found.validation], key=tasks.index) == tasks
    assert found.said == "3 of the 30 tasks of mine.jsonl, which are held out of training"
    assert divide(tasks[::-1], "mine.jsonl", "auto", 64, seed=0).validation[::-1] == list(
        found.validation
    )
    assert divide(tasks, "mine.jsonl", "auto", 64, seed=1).validation != found.validation
    assert len(divide(tasks, "mine.jsonl", "auto", 2, seed=0).validation) == 2
    assert len(divide(tasks[:2], "mine.jsonl", "auto", 64, seed=0).training) == 1
    with pytest.raises(UserError, match="too few tasks to hold some out: name others"):
        divide(tasks[:1], "mine.jsonl", "auto", 64, seed=0)


def test_a_named_set_has_its_own() -> None:
    tasks = tiny.tasks(3)
    found = divide(tasks, "embedded:train", "auto", 5, seed=0)
    assert found.said == "5 tasks of embedded:validation"
    assert found.training == tasks
    python = divide(tasks, "embedded-python", "auto", 5, seed=0, language="python")
    assert {task.language for task in python.validation} == {"python"}
    with pytest.raises(UserError, match="holds no task in cpp"):
        divide(tasks, "embedded", "auto", 5, seed=0, language="cpp")
    same = divide(tasks, "embedded:validation", "auto", 5, seed=0)
    assert same.said == "1 of the 3 tasks of embedded:validation, which are held out of training"
    named = divide(tasks, "mine.jsonl", "embedded:test", 5, seed=0)
    assert named.said == "5 tasks of embedded:test"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    tiny.save_policy(tmp_path / "model")
    write_tasks(tmp_path / "mine.jsonl", tiny.tasks(20))
    return tmp_path


def told(folder: Path, **changes: Any) -> tuple[Trainer, str]:
    config = TrainConfig.of(
        model=str(folder / "model"),
        tasks=str(folder / "mine.jsonl"),
        out=str(folder / "run"),
        reward="compiler",
        comparator="none",
        prompts_per_step=3,
        precision="fp32",
        **changes,
    )
    out = io.StringIO()
    trainer = train_module.build(
        config, tiny.tasks(20), tiny.FakeCompiler(), Processes(), Console(file=out, width=300)
    )
    return trainer, out.getvalue()


def test_training_leaves_out_what_it_validates_on(made: Path) -> None:
    trainer, words = told(made, validate_every=2)
    assert "validating on 2 of the 20 tasks of" in words
    validation = trainer.validate
    assert isinstance(validation, Validation)
    held = {task.task_id for task in validation.tasks}
    trained = {task.task_id for step in range(1, 12) for task in trainer.schedule.prompts(step)}
    assert len(held) == 2
    assert len(trained) == 18
    assert not held & trained


def test_without_validation_all_tasks_are_trained_on(made: Path) -> None:
    trainer, words = told(made)
    assert trainer.validate is None
    assert words == ""
    assert len(trainer.schedule.tasks) == 20


def tuned(folder: Path, tasks: str = "mine.jsonl", **changes: Any) -> str:
    """What fine-tuning on a file says."""
    out = io.StringIO()
    config = SftConfig.of(
        model=str(folder / "model"),
        tasks=str(folder / tasks),
        out=str(folder / "run"),
        max_new_tokens=4,
        batch_size=8,
        **changes,
    )
    run_sft(config, Console(file=out, width=300))
    return out.getvalue()


@pytest.mark.parametrize("every", [None, 3])
def test_fine_tuning_holds_out_a_share(made: Path, every: int | None) -> None:
    words = tuned(made, validate_every=every)
    assert "18 of 18 programs" in words
    assert "validating on 2 of the 20 tasks of" in words


def test_fine_tuning_tells_the_validation_loss_after_each_epoch(made: Path) -> None:
    tuned(made, epochs=3)
    rows = [json.loads(x) for x in (made / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [3, 6, 9]
    assert all(row["validation_loss"] > 0 for row in rows)


def test_fine_tuning_learns_all_where_nothing_can_be_held_out(made: Path) -> None:
    assert "20 of 20 programs" in tuned(made, validation="none")
    write_tasks(made / "one.jsonl", tiny.tasks(1))
    (made / "run").rename(made / "before")
    assert "1 of 1 programs" in tuned(made, "one.jsonl")


def with_splits(path: Path) -> None:
    """Ten rows to train on, four to validate on, six to test on."""
    splits = ["train"] * 10 + ["validation"] * 4 + ["test"] * 6
    rows = [replace(t, split=s) for t, s in zip(tiny.tasks(20), splits, strict=True)]
    write_tasks(path, rows)


def test_rows_that_name_their_split_are_learnt_by_it(made: Path) -> None:
    with_splits(made / "mine.jsonl")
    words = tuned(made)
    assert "mine.jsonl: 10 of 20 tasks, those of the split train" in words
    assert "10 of 10 programs" in words
    assert "validating on 4 tasks of" in words


def test_rows_that_name_their_split_are_trained_on_by_it(made: Path) -> None:
    with_splits(made / "mine.jsonl")
    out = io.StringIO()
    config = TrainConfig.of(model="m", tasks=str(made / "mine.jsonl"), validate_every=1)
    tasks = training_tasks(config, tiny.FakeCompiler(), Console(file=out, width=300))
    assert {task.split for task in tasks} == {"train"}
    assert "10 of 20 tasks, those of the split train" in out.getvalue()
    found = divide(tasks, config.tasks, "auto", 64, seed=0, language="java")
    assert found.training == tasks
    assert [task.split for task in found.validation] == ["validation"] * 4
