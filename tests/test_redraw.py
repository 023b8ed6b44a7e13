"""Prompts that teach nothing: others take their place, and they rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import tiny
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.policy.completion import Batch, Completion, Group
from rlcf.runfiles import RunFiles, read_rollouts
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.redraw import replaced
from rlcf.training.schedule import Schedule
from tiny_runs import CONFIG, killed_and_resumed, numbers, silent, trainer

pytestmark = pytest.mark.in_process

TASKS = [Task(f"t{i}", "java", f"p{i}", f"r{i}") for i in range(9)]
ALIKE, APART = (1.0, 1.0), (1.0, -1.0)


def group(task: Task, rewards: Sequence[float]) -> Group:
    return [Completion(task, "x", reward=reward) for reward in rewards]


def schedule(**settings: int) -> Schedule:
    return Schedule(TrainConfig.of(model="m", prompts_per_step=3, **settings), TASKS)


def ids(batch: Batch) -> list[str]:
    return [g[0].task.task_id for g in batch.groups]


def test_a_prompt_without_signal_gives_way_until_one_teaches() -> None:
    of = schedule(redraw=3)
    first = Batch([group(t, r) for t, r in zip(TASKS[:3], (APART, ALIKE, APART), strict=True)])
    asked: list[list[str]] = []

    def roll_out(tasks: Sequence[Task], name: str) -> Batch:
        asked.append([task.task_id for task in tasks])
        return Batch([group(task, APART if name == "redraw 2" else ALIKE) for task in tasks])

    batch, gone, told = replaced(first, 1, of, roll_out)
    assert ids(batch) == ["t0", asked[1][0], "t2"]
    assert [g[0].task.task_id for g in gone] == ["t1", asked[0][0]]
    assert len({*ids(batch), "t1", asked[0][0]}) == 5, "nothing is drawn twice"
    assert told == {"redrawn": 2.0}


def test_the_bound_holds_and_nothing_is_drawn_without_the_option() -> None:
    alike = Batch([group(task, ALIKE) for task in TASKS[:3]])
    calls: list[str] = []

    def roll_out(tasks: Sequence[Task], name: str) -> Batch:
        calls.append(name)
        return Batch([group(task, ALIKE) for task in tasks])

    batch, gone, _ = replaced(alike, 1, schedule(redraw=9), roll_out)
    assert calls == ["redraw 1", "redraw 2"], "nine tasks are three times three"
    assert (len(batch.groups), len(gone)) == (3, 6)
    calls.clear()
    same, gone, told = replaced(alike, 1, schedule(), roll_out)
    assert (same.groups, gone, told, calls) == (alike.groups, [], {}, [])


def test_idle_prompts_rest_and_come_back() -> None:
    of = schedule(rest=2)
    idle = of.prompts(1)
    replaced(Batch([group(task, ALIKE) for task in idle]), 1, of, lambda *_: Batch([]))
    tired = {task.task_id for task in idle}
    for step in (2, 3):
        chosen = [task.task_id for task in of.prompts(step)]
        assert len(set(chosen)) == 3
        assert not tired & set(chosen)
        assert of.resting(step) == 3
    assert of.resting(4) == 0
    again = schedule(rest=2)
    again.load_state_dict(of.state_dict())
    assert again.prompts(3) == of.prompts(3)


def test_an_open_task_gives_way_to_an_open_one() -> None:
    config = TrainConfig.of(model="m", prompts_per_step=4, redraw=1, open_tasks="o")
    opened = [Task(f"o{i}", "java", f"q{i}") for i in range(4)]
    of = Schedule(config, TASKS, opened)
    idle = of.prompts(1)
    others = of.others(1, 1, idle, idle)
    assert list(others) == [0, 1, 2, 3]
    assert [task.task_id[0] for task in others.values()] == ["t", "t", "o", "o"]
    assert not {task.task_id for task in others.values()} & {task.task_id for task in idle}
    assert len(of.others(1, 1, idle, [*idle, *opened])) == 2


def test_where_all_rest_the_step_still_has_its_prompts() -> None:
    of = schedule(rest=5)
    of.let_rest(TASKS, 1)
    assert len(of.prompts(2)) == 3


def test_a_run_that_redraws_keeps_all_programs_and_resumes_to_the_bit(tmp_path: Path) -> None:
    config = CONFIG.but(reward="compiler", redraw=2, rest=2, prompts_per_step=2, lr=1e-2)
    whole = trainer(config, tmp_path / "whole")
    whole.train(silent)
    rows = numbers(whole.run)
    assert any(row["redrawn"] for row in rows)
    files = RunFiles(tmp_path / "whole")
    for row in rows:
        kept = list(read_rollouts(files.rollout_file(int(row["step"]))))
        assert len(kept) == row["programs"] == 4 * (2 + row["redrawn"])

    assert numbers(killed_and_resumed(config, tmp_path / "r", 3).run) == rows


def test_a_process_without_a_prompt_rewards_nothing() -> None:
    Grounding(tiny.FakeCompiler(bad=[], broken=[])).reward([])
    assert Batch([]).rewards_PG.size == 0
    assert np.isnan(Batch([group(TASKS[0], (np.nan,))]).rewards_PG).all()


def test_ppo_learns_from_every_prompt() -> None:
    with pytest.raises(UserError, match="--redraw has no effect"):
        TrainConfig.of(model="m", algorithm="ppo", redraw=1).check_needs(["--redraw", "1"])
