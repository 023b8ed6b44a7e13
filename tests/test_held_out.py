"""Validation is on tasks of the same kind that are not trained on, and says which."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

import tiny
from rlcf.errors import UserError
from rlcf.tasks import write_tasks
from rlcf.training import setup
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.sft import SftConfig, run_sft
from rlcf.training.validation import divide


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


def told(folder: Path, **changes: object) -> tuple[setup.Trainer, str]:
    config = TrainConfig(
        model=str(folder / "model"),
        tasks=str(folder / "mine.jsonl"),
        out=str(folder / "run"),
        reward="compiler",
        comparator="none",
        prompts_per_step=3,
        precision="fp32",
        **changes,  # type: ignore[arg-type]
    )
    out = io.StringIO()
    trainer = setup.build(
        config, tiny.tasks(20), tiny.FakeCompiler(), Processes(), Console(file=out, width=300)
    )
    return trainer, out.getvalue()


def test_training_leaves_out_what_it_validates_on(made: Path) -> None:
    trainer, words = told(made, validate_every=2)
    assert "validating on 2 of the 20 tasks of" in words
    validation = trainer.validate
    assert isinstance(validation, setup.Validation)
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


@pytest.mark.parametrize(("every", "learnt"), [(0, 20), (3, 18)])
def test_fine_tuning_holds_out_where_it_chooses(made: Path, every: int, learnt: int) -> None:
    out = io.StringIO()
    config = SftConfig(
        model=str(made / "model"),
        tasks=str(made / "mine.jsonl"),
        out=str(made / "run"),
        validate_every=every,
        max_new_tokens=4,
        batch_size=8,
    )
    run_sft(config, Console(file=out, width=300))
    assert f"{learnt} of {learnt} programs" in out.getvalue()
    assert ("held out of training" in out.getvalue()) == bool(every)
