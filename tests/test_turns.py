"""Training over turns: who is asked to repair what, and what mending is worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.policy.completion import Batch, Completion, Group
from rlcf.runfiles import RunFiles, read_rollouts
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.turns import with_turns
from tiny_runs import CONFIG, killed_and_resumed, numbers, silent, trainer

pytestmark = pytest.mark.in_process

GOOD = CompileResult(Verdict.ACCEPTED)
ERROR = Diagnostic("error", "", ErrorClass.UNRESOLVED_NAME, "no such x", 1, 1, 0, 1)
BAD = CompileResult(Verdict.REJECTED, (ERROR,))
UNKNOWN = CompileResult(Verdict.UNSCORED)
TASKS = [Task(f"t{i}", "java", f"p{i} ", f"r{i}") for i in range(4)]


def group(task: Task, *results: CompileResult) -> Group:
    worth = {Verdict.ACCEPTED: 1.0, Verdict.REJECTED: -1.0, Verdict.UNSCORED: np.nan}
    return [
        Completion(task, f"x{i}", result=result, reward=worth[result.verdict])
        for i, result in enumerate(results)
    ]


def config(turns: int) -> TrainConfig:
    return TrainConfig.of(model="m", turns=turns)


def test_prompts_with_rejected_programs_are_put_again_with_one_of_them() -> None:
    first = Batch(
        [group(TASKS[0], GOOD, BAD), group(TASKS[1], GOOD, GOOD), group(TASKS[2], UNKNOWN, GOOD)]
    )
    asked: list[Task] = []

    def roll_out(tasks: Sequence[Task], name: str) -> Batch:
        assert name == "turn 2"
        asked.extend(tasks)
        return Batch([group(task, GOOD, BAD) for task in tasks])

    batch, told = with_turns(first, 1, config(2), roll_out)
    [task] = asked
    assert task.task_id == "t0"
    assert task.attempt is not None
    assert task.attempt.program == "p0 x1"
    assert "no such x" in task.attempt.errors
    assert batch.groups[:3] == first.groups
    assert [c.reward for c in batch.groups[3]] == [0.5, -0.5], "half of what the first turn earns"
    assert told == {"turn_2/prompts": 1.0, "turn_2/compile_rate": 0.5}


def test_turns_end_where_nothing_is_rejected_or_the_last_is_reached() -> None:
    first, names = Batch([group(TASKS[0], BAD, BAD)]), list[str]()

    def roll_out(tasks: Sequence[Task], name: str) -> Batch:
        names.append(name)
        return Batch([group(task, GOOD if name == "turn 3" else BAD, GOOD) for task in tasks])

    batch, _ = with_turns(first, 1, config(5), roll_out)
    assert names == ["turn 2", "turn 3"]
    assert [c.reward for c in batch.groups[-1]] == [0.25, 0.25]
    names.clear()
    same, told = with_turns(first, 1, config(1), roll_out)
    assert (same.groups, told, names) == (first.groups, {}, [])


def test_a_turn_that_nobody_could_judge_has_no_rate() -> None:
    first = Batch([group(TASKS[0], BAD, GOOD)])
    _, told = with_turns(
        first, 1, config(2), lambda tasks, _: Batch([group(t, UNKNOWN, UNKNOWN) for t in tasks])
    )
    assert told == {"turn_2/prompts": 1.0}


def test_a_run_over_turns_learns_from_both_and_resumes_to_the_bit(tmp_path: Path) -> None:
    over_turns = CONFIG.but(reward="compiler", turns=2)
    whole = trainer(over_turns, tmp_path / "whole")
    whole.train(silent)
    rows = numbers(whole.run)
    assert any(row.get("turn_2/prompts") for row in rows)
    for row in rows:
        kept = read_rollouts(RunFiles(tmp_path / "whole").rollout_file(int(row["step"])))
        second = [program for program in kept if "attempt" in program]
        assert len(second) == 4 * row.get("turn_2/prompts", 0)
        assert len(kept) == row["programs"]
        assert {abs(program["reward"]) for program in second} <= {0.5}
        assert {abs(program["reward"]) for program in kept if program not in second} == {1.0}
    plain = trainer(CONFIG.but(reward="compiler"), tmp_path / "plain")
    plain.train(silent)
    assert numbers(plain.run)[0]["compile_rate"] == rows[0]["compile_rate"]
    assert numbers(plain.run)[0]["grad_norm"] != rows[0]["grad_norm"]

    assert numbers(killed_and_resumed(over_turns, tmp_path / "r", 3).run) == rows
