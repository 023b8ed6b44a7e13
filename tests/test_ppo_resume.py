"""PPO killed and resumed, and on two processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlcf.training.algorithms import ALGORITHMS
from rlcf.training.distributed import Processes
from rlcf.training.rundir import RunDir
from small_runs import CONFIG, numbers, silent, trainer


@pytest.mark.parametrize("credit", ["terminal", "localised"])
@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_killed_ppo_run_resumes_to_the_bit(tmp_path: Path, stop_after: int, credit: Any) -> None:
    config = CONFIG.but(credit=credit, validate_every=1, patience=3)

    def measure(policy: Any) -> dict[str, float]:
        value = sum(float(p.detach().double().sum()) for p in policy.model.parameters())
        return {"select": value % 0.01}

    whole = trainer(config, tmp_path / "whole", measure)
    whole.train(silent)

    class KilledError(Exception):
        pass

    def kill(step: int, metrics: dict[str, float]) -> None:
        if step == stop_after:
            raise KilledError

    with pytest.raises(KilledError):
        trainer(config, tmp_path / "r", measure).train(kill)
    again = trainer(config, tmp_path / "r", measure, resume=True)
    assert again.resume() == (stop_after >= config.run.checkpoint_every)
    again.train(silent)
    assert numbers(again.run) == numbers(whole.run)
    assert len({row["kl_coef"] for row in numbers(whole.run)[1:]}) == whole.step
    assert again.selection == whole.selection
    for a, b in zip(again.learner.parameters, whole.learner.parameters, strict=True):
        assert torch.equal(a, b)


def test_an_algorithm_without_state_refuses_that_of_another() -> None:
    learner = ALGORITHMS["grpo"](CONFIG.but(algorithm="grpo"), tiny.policy(), Processes())
    with pytest.raises(ValueError, match="keeps no state"):
        learner.load_state_dict({"head": {}})


def test_two_processes_do_ppo_as_one(tmp_path: Path) -> None:
    worker = str(Path(__file__).with_name("ppo_worker.py"))
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for name, how in (("one", []), ("two", launch)):
        done = subprocess.run(
            [sys.executable, *how, worker, str(tmp_path / name)],
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr[-4000:]
    one, two = (numbers(RunDir(tmp_path / name)) for name in ("one", "two"))
    for a, b in zip(one, two, strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-5)
    assert min(row["optimizer_steps"] for row in one) < 4  # --kl-stop, decided alike by both
    first, second = (torch.load(tmp_path / "two" / f"weights_{rank}.pt") for rank in (0, 1))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)
