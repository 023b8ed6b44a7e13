"""Keeping the best policy, patience, folders replaced whole, losses that are not finite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlcf.atomic import copy_folder, mend_folder, replace_folder
from rlcf.errors import UserError
from rlcf.policy.model import load_policy
from rlcf.training.checkpoint import load_checkpoint, newest_checkpoint
from rlcf.training.earlystop import Selection
from rlcf.training.update import Learner, NonFiniteError
from small_runs import CONFIG, batch_of, learn, numbers, silent, trainer

pytestmark = pytest.mark.in_process


def validation(values: Sequence[float]) -> Any:
    """A measure that takes these values, one after another, by the policy's step."""
    seen = iter(values)
    return lambda policy: {"select": next(seen), "compile_rate": 0.5}


def test_selection_counts_and_is_restored() -> None:
    selection = Selection(patience=2)
    improved = [selection.observe(s, v) for s, v in enumerate([0.1, 0.3, 0.3, float("nan")], 1)]
    assert improved == [True, True, False, False]
    assert (selection.step, selection.best, selection.exhausted) == (2, 0.3, True)
    again = Selection(patience=3)
    again.load_state_dict(selection.state_dict())
    assert (again.since, again.exhausted) == (2, False)
    assert not Selection(patience=None, since=99).exhausted


def test_patience_stops_the_run_and_the_best_policy_is_kept(tmp_path: Path) -> None:
    config = CONFIG.but(steps=50, validate_every=1, patience=3, lr=1e-2)
    run = trainer(config, tmp_path / "r", validation([0.3, 0.2, 0.5, 0.4, 0.4, 0.3]))
    kept = {}

    def keep(step: int, metrics: dict[str, float]) -> None:
        kept[step] = [p.detach().clone() for p in run.policy.model.parameters()]

    run.train(keep)
    assert run.step == 5
    newest = newest_checkpoint(run.run.checkpoints)
    assert newest is not None
    assert load_checkpoint(newest)["step"] == 5
    assert run.save_policy() == 2
    for folder in ("best", "policy"):
        loaded = load_policy(str(tmp_path / "r" / folder), precision="fp32")
        for a, b in zip(kept[2], loaded.model.parameters(), strict=True):
            assert torch.equal(a, b)
    again = trainer(config, tmp_path / "r", validation([]), resume=True)
    assert again.resume()
    again.train(lambda *_: pytest.fail("went on"))  # patience is still exhausted
    again.config = config.but(select_best=False)
    assert again.save_policy() == 5
    last = load_policy(str(tmp_path / "r" / "policy"), precision="fp32")
    for a, b in zip(kept[5], last.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_training_that_never_helps_gives_back_the_start(tmp_path: Path) -> None:
    config = CONFIG.but(steps=2, validate_every=2, lr=1e-2)
    run = trainer(config, tmp_path / "r", validation([0.6, 0.5]))
    start = [p.detach().clone() for p in run.policy.model.parameters()]
    run.train(lambda *_: None)
    assert [row["step"] for row in run.run.metrics()] == [0, 1, 2]
    assert run.run.metrics()[0] == {
        "step": 0,
        "validation/select": 0.6,
        "validation/compile_rate": 0.5,
    }
    assert run.save_policy() == 0
    loaded = load_policy(str(tmp_path / "r" / "policy"), precision="fp32")
    for a, b in zip(start, loaded.model.parameters(), strict=True):
        assert torch.equal(a, b)
    again = trainer(config, tmp_path / "r", validation([]), resume=True)
    assert again.resume()
    assert again.save_policy() == 0  # remembered


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "best"
    replace_folder(target, lambda new: (new / "a").write_text("1"))

    def fails(new: Path) -> None:
        (new / "a").write_text("2")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_folder(target, fails)
    assert [p.name for p in tmp_path.iterdir()] == ["best"]
    assert (target / "a").read_text() == "1"
    copy_folder(target, tmp_path / "policy")
    assert (tmp_path / "policy" / "a").read_text() == "1"
    target.rename(tmp_path / ".best.old")  # a crash between the two renames
    mend_folder(target)
    assert (target / "a").read_text() == "1"
    replace_folder(target, lambda new: (new / "b").write_text("3"))
    assert [p.name for p in target.iterdir()] == ["b"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best", "policy"]


@pytest.mark.parametrize("algorithm", ["rloo", "ppo"])
def test_a_loss_that_is_not_finite_changes_nothing_and_is_explained(
    tmp_path: Path, algorithm: Any
) -> None:
    config = CONFIG.but(algorithm=algorithm, epochs=1, minibatches=1)
    whole = trainer(config, tmp_path / "whole")
    whole.train(silent)
    run = trainer(config, tmp_path / "r")
    with torch.no_grad():
        next(iter(run.learner.reference.model.parameters())).fill_(float("nan"))
    before = [p.detach().clone() for p in run.policy.model.parameters()]
    with pytest.raises(UserError, match="the loss of step 1 is not finite") as raised:
        run.train(silent)
    assert "lower --lr" in str(raised.value)
    assert "\n" not in str(raised.value)
    for a, b in zip(before, run.policy.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert load_policy(str(tmp_path / "r" / "policy"), precision="fp32")
    # what was saved is the state before the step, the comparator's too
    again = trainer(config, tmp_path / "r", resume=True)
    assert again.resume()
    again.learner.reference.model.load_state_dict(whole.learner.reference.model.state_dict())
    again.train(silent)
    assert numbers(again.run) == numbers(whole.run)


def test_a_gradient_that_is_not_finite_is_refused() -> None:
    config = CONFIG.but(algorithm="rloo", epochs=1, minibatches=1)
    learner = Learner(config, tiny.policy())
    batch = batch_of(learner)
    hook = next(iter(learner.policy.model.parameters())).register_hook(
        lambda grad: torch.full_like(grad, float("inf"))
    )
    with pytest.raises(NonFiniteError, match="the gradient of step 7"):
        learn(learner, batch, 7)
    hook.remove()
    learn(learner, batch, 8)  # and nothing of it is left
