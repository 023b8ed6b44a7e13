"""The mean of weights over steps: by hand, in a run, and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.policy.model import load_policy
from rlcf.training.averaging import WeightAverage
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer

pytestmark = pytest.mark.in_process

CONFIG = TrainConfig.of(
    model="tiny",
    reward="compiler",
    steps=5,
    prompts_per_step=3,
    samples_per_prompt=4,
    lr=1e-2,
    max_new_tokens=12,
    checkpoint_every=1,
    keep=9,
    average_from=3,
    precision="fp32",
)


def test_the_mean_by_hand_and_back() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    average = WeightAverage([weight])
    with average.in_place():
        assert weight.tolist() == [1, 2]  # nothing was collected yet
    for value in ([1.0, 2.0], [3.0, 2.0], [8.0, -1.0]):
        weight.data = torch.tensor(value)
        average.collect()
    with average.in_place():
        assert weight.tolist() == pytest.approx([4, 1])
    assert weight.tolist() == [8, -1]


def trainer(config: TrainConfig, out: Path, *, resume: bool = False) -> Trainer:
    compiler = tiny.FakeCompiler(["e"], [])
    check = compiler.check
    cut = lambda programs: check([p[p.index("(int a) {\n") :] for p in programs])  # noqa: E731
    compiler.check = cut  # type: ignore[method-assign]
    run = RunDir.open(out, config, resume=resume)
    return Trainer(
        config, tiny.policy(), tiny.tasks(), Grounding(compiler, None, "compiler"), None, run
    )


def weights(folder: Path) -> torch.Tensor:
    return torch.cat([p.flatten() for p in load_policy(str(folder)).model.parameters()]).detach()


def test_the_policy_is_the_mean_of_the_steps_weights(tmp_path: Path) -> None:
    made = trainer(CONFIG, tmp_path)
    seen: list[torch.Tensor] = []
    made.train(
        lambda *_: seen.append(
            torch.cat([p.detach().flatten().clone() for p in made.policy.model.parameters()])
        )
    )
    made.save_policy()
    assert not torch.equal(seen[2], seen[4])
    mean = torch.stack(seen[2:]).mean(0)
    torch.testing.assert_close(weights(tmp_path / "policy"), mean, rtol=0, atol=1e-3)
    after = torch.cat([p.flatten() for p in made.policy.model.parameters()])
    assert torch.equal(after, seen[-1])  # the run could go on from where it was


def test_validation_measures_the_mean(tmp_path: Path) -> None:
    config = CONFIG.but(validate_every=1)
    made = trainer(config, tmp_path)
    measured: list[torch.Tensor] = []

    def validate(policy: Any) -> Any:
        measured.append(torch.cat([p.flatten() for p in policy.model.parameters()]).detach())
        return {"select": float(len(measured))}

    made.validate = validate
    made.train(lambda *_: None)
    made.save_policy()
    torch.testing.assert_close(weights(tmp_path / "policy"), measured[-1], rtol=0, atol=1e-3)
    last = torch.cat([p.flatten() for p in made.policy.model.parameters()])
    assert not torch.allclose(measured[-1], last, atol=1e-5)


@pytest.mark.parametrize("after", [2, 4])
def test_a_resumed_run_has_the_same_mean(tmp_path: Path, after: int) -> None:
    whole = trainer(CONFIG, tmp_path / "whole")
    whole.train(lambda *_: None)
    whole.save_policy()

    def kill(step: int, _: object) -> None:
        if step == after:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        trainer(CONFIG, tmp_path / "cut").train(kill)
    again = trainer(CONFIG, tmp_path / "cut", resume=True)
    again.resume()
    again.train(lambda *_: None)
    again.save_policy()
    assert torch.equal(weights(tmp_path / "whole" / "policy"), weights(tmp_path / "cut" / "policy"))


def test_averaging_after_the_last_step_is_refused() -> None:
    with pytest.raises(UserError, match="--average-from"):
        CONFIG.but(average_from=6)
