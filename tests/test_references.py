"""Whole programs of chat models; references in the loss; the learning rate's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.policy.prompting import ChatStyle
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.references import encode_references, reference_loss
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer
from rlcf.training.update import Learner
from small_runs import CONFIG, batch_of, learn, silent

pytestmark = pytest.mark.in_process


def test_instruction_tuned_models_are_judged_by_whole_programs(tmp_path: Path) -> None:
    policy = tiny.policy()
    policy.model.config.max_position_embeddings = 600
    policy.tokenizer.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    policy = replace(policy, style=ChatStyle())
    config = CONFIG.but(steps=1, credit="localised", reward="compiler")
    seen: list[str] = []
    compiler = tiny.FakeCompiler(["e"], [])
    check = compiler.check

    def spy(programs: Sequence[str]) -> Any:
        seen.extend(programs)
        return check(programs)

    compiler.check = spy  # type: ignore[method-assign]
    run = RunDir.open(tmp_path / "r", config, resume=False)
    Trainer(config, policy, tiny.tasks(), Grounding(compiler, None, "compiler"), None, run).train(
        silent
    )
    assert seen
    assert not any(p.count("class Add") > 1 for p in seen)  # no prompt before a whole program
    assert run.metrics()[0]["grad_norm"] > 0


def gradient_of(
    config: TrainConfig, references: Sequence[Task] = ()
) -> tuple[torch.Tensor, dict[str, float]]:
    """Of the first update on fixed rollouts, with the step's metrics."""
    learner = Learner(config.but(max_grad_norm=1e9), tiny.policy())
    batch = batch_of(learner)
    for i, completion in enumerate(batch):
        completion.reward = i % 3
    seen: list[torch.Tensor] = []
    learner.optimizer.register_step_pre_hook(
        lambda *_: seen.append(
            torch.cat([p.grad.flatten() for p in learner.parameters if p.grad is not None])
        )
    )
    metrics = learn(learner, batch, 1, references)
    return seen[0], metrics


@pytest.mark.parametrize("prompts", [4, 1])
def test_references_are_kept(prompts: int) -> None:
    """Their gradient is that of their mean cross-entropy, in one piece or several."""
    alone: dict[str, Any] = {
        "algorithm": "rloo",
        "kl_coef": 0.0,
        "kl_target": None,
        "epochs": 1,
        "minibatches": 1,
    }
    config = CONFIG.but(**alone, max_new_tokens=99)
    plain, without = gradient_of(config)
    both, metrics = gradient_of(config.but(reference_coef=0.5, prompts_per_forward=prompts))
    learner = Learner(config, tiny.policy())
    tasks = [group[0].task for group in batch_of(learner).groups]
    loss, weight = reference_loss(learner.policy, encode_references(learner.policy, tasks, 999))
    (0.5 * loss / weight).backward()
    wanted = torch.cat([p.grad.flatten() for p in learner.parameters if p.grad is not None])
    torch.testing.assert_close(both - plain, wanted, rtol=1e-3, atol=1e-5)
    assert metrics["reference_loss"] == pytest.approx(loss.item() / weight, rel=1e-4)
    assert "reference_loss" not in without


@pytest.mark.parametrize("prompts", [4, 1])
def test_drawn_references_stand_for_those_of_the_prompts(prompts: int) -> None:
    """The gradient is that of the drawn ones' mean cross-entropy, whatever the prompts are."""
    alone: dict[str, Any] = {
        "algorithm": "rloo",
        "kl_coef": 0.0,
        "kl_target": None,
        "epochs": 1,
        "minibatches": 1,
    }
    config = CONFIG.but(**alone, max_new_tokens=99)
    drawn = [replace(t, reference=(t.reference or "").replace("a", "ab")) for t in tiny.tasks()[:3]]
    plain, _ = gradient_of(config)
    settings: dict[str, Any] = {
        "reference_coef": 0.5,
        "reference_batch": 3,
        "prompts_per_forward": prompts,
    }
    both, metrics = gradient_of(config.but(**settings), drawn)
    learner = Learner(config, tiny.policy())
    loss, weight = reference_loss(learner.policy, encode_references(learner.policy, drawn, 999))
    (0.5 * loss / weight).backward()
    wanted = torch.cat([p.grad.flatten() for p in learner.parameters if p.grad is not None])
    torch.testing.assert_close(both - plain, wanted, rtol=1e-3, atol=1e-5)
    assert metrics["reference_loss"] == pytest.approx(loss.item() / weight, rel=1e-4)


def test_minibatches_share_the_drawn_references(monkeypatch: pytest.MonkeyPatch) -> None:
    from rlcf.training import update as module

    taken: list[list[Any]] = []
    exact = reference_loss

    def spy(policy: Any, examples: Any) -> Any:
        taken.append(list(examples))
        return exact(policy, examples)

    monkeypatch.setattr(module, "reference_loss", spy)
    alone: dict[str, Any] = {"algorithm": "rloo", "kl_target": None, "epochs": 1, "minibatches": 2}
    settings: dict[str, Any] = {
        "reference_coef": 0.5,
        "reference_batch": 5,
        "prompts_per_forward": 8,
    }
    drawn = tiny.tasks()[:5]
    gradient_of(CONFIG.but(**alone, **settings, max_new_tokens=99), drawn)
    assert sorted(len(part) for part in taken) == [2, 3]
    assert len({example.ids for part in taken for example in part}) == 5


def test_the_learning_rate_can_fall_to_nothing() -> None:
    config = CONFIG.but(lr=0.5, warmup_steps=2, steps=4, lr_schedule="linear")
    assert [Learner(config, tiny.policy())._share_of_lr(s) for s in (1, 2, 3, 4, 5)] == [
        0.5,
        0.75,
        0.5,
        0.25,
        0,
    ]
    with pytest.raises(UserError, match="constant, linear"):
        config.but(lr_schedule="cosine")
    gradient, metrics = gradient_of(config.but(epochs=1, minibatches=1, kl_target=None))
    assert gradient.any()
    assert metrics["lr"] == 0.25  # the first of two warm-up steps
