"""Advantages, losses, checkpoints, the loop and SFT, on tiny models and a fake compiler."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

import tiny
from rlcf.errors import UserError
from rlcf.grounding.ahead import Judge
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks import write_tasks
from rlcf.training.algorithms.critic_free import Baseline, grpo, reinforce, rloo, signal_P
from rlcf.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from rlcf.training.config import TrainConfig
from rlcf.training.interrupt import Interrupted
from rlcf.training.losses import (
    POLICY_LOSSES,
    clipped_policy_loss,
    importance_weights,
    kl_to_reference,
)
from rlcf.training.rundir import RunDir
from rlcf.training.sft import run_sft
from rlcf.training.sftconfig import SftConfig
from tiny_runs import CONFIG, killed_and_resumed, numbers, silent, trainer

pytestmark = pytest.mark.in_process

NAN = float("nan")
REWARDS = np.array([[1, -1, -1, 1], [0.5, 0.5, 0.5, 0.5], [1, NAN, 0, NAN], [NAN] * 4], np.float32)


def test_rloo_by_hand() -> None:
    found = rloo(REWARDS)
    np.testing.assert_allclose(found[0], [4 / 3, -4 / 3, -4 / 3, 4 / 3], atol=1e-6)
    np.testing.assert_allclose(found[2], [1, 0, -1, 0], atol=1e-6)


def test_grpo_by_hand() -> None:
    found = grpo(REWARDS)
    np.testing.assert_allclose(found[0], [1, -1, -1, 1], atol=1e-3)
    np.testing.assert_allclose(found[2], [1, 0, -1, 0], atol=1e-3)


@pytest.mark.parametrize("baseline", [rloo, grpo])
def test_groups_without_signal_are_not_trained_on(baseline: Baseline) -> None:
    assert signal_P(REWARDS).tolist() == [True, False, True, False]
    found = baseline(REWARDS)
    assert not found[1].any()
    assert not found[3].any()


@pytest.mark.parametrize("baseline", [rloo, grpo, reinforce])
def test_unscored_samples_get_no_advantage_and_no_nan(baseline: Baseline) -> None:
    found = baseline(REWARDS)
    assert np.isfinite(found).all()
    assert not found[np.isnan(REWARDS)].any()


def test_unknown_algorithm_lists_the_known() -> None:
    with pytest.raises(UserError, match="rloo, grpo, reinforce, ppo"):
        TrainConfig.of(model="model", algorithm="dpo")


def test_policy_gradient_of_an_unmoved_policy() -> None:
    logprobs = torch.tensor([[-1.0, -2.0]], requires_grad=True)
    advantages, mask = torch.tensor([[2.0, 3.0]]), torch.tensor([[1.0, 0.0]])
    clipped_policy_loss(logprobs, logprobs.detach(), advantages, mask, 0.2).backward()
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == [[-2.0, 0.0]]


def test_clipping_stops_the_gradient() -> None:
    logprobs = torch.tensor([[0.5, -0.5]], requires_grad=True)
    old, advantages = torch.zeros(1, 2), torch.tensor([[1.0, -1.0]])
    clipped_policy_loss(logprobs, old, advantages, torch.ones(1, 2), 0.2).backward()
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == [[0.0, 0.0]]


def gradient(loss: str, logprobs: list[float], advantages: list[float]) -> list[float]:
    """Of a loss for one completion drawn with log-probability 0 each, the last token padding."""
    now = torch.tensor([[*logprobs, 9.0]], requires_grad=True)
    mask = torch.tensor([[*[1.0] * len(logprobs), 0.0]])
    advantages_BT = torch.tensor([[*advantages, 1.0]])
    POLICY_LOSSES[loss](now, torch.zeros_like(now), advantages_BT, mask, 0.2).backward()
    assert now.grad is not None
    return [round(x, 4) for x in now.grad[0].tolist()]


def test_gspo_has_one_ratio_per_completion() -> None:
    # Alone the first token would be clipped; the mean of the logs is 0.1.
    ratio = round(math.exp(0.1), 4)
    assert gradient("gspo", [0.5, -0.3], [1.0, 1.0]) == [-ratio, -ratio, 0]
    assert gradient("gspo", [0.5, 0.3], [1.0, 1.0]) == [0, 0, 0]  # past 1.2: all are clipped
    assert gradient("gspo", [0.5, 0.3], [-1.0, -1.0]) == [1.4918, 1.4918, 0]


def test_cispo_caps_weights_and_keeps_every_gradient() -> None:
    found = gradient("cispo", [0.5, -0.5], [1.0, -1.0])
    assert found == [-1.2, round(math.exp(-0.5), 4), 0]


@pytest.mark.parametrize("loss", ["gspo", "cispo"])
def test_losses_are_one_where_nothing_has_moved(loss: str) -> None:
    assert gradient(loss, [0, 0], [2.0, -3.0]) == gradient("ppo", [0, 0], [2.0, -3.0])


def test_importance_weights_are_capped_and_carry_no_gradient() -> None:
    now = torch.tensor([[0.0, 2.0]], requires_grad=True)
    weights = importance_weights(now, torch.tensor([[0.5, 0.0]]), 2.0)
    assert weights.tolist() == [[pytest.approx(math.exp(-0.5)), 2.0]]
    assert not weights.requires_grad


def test_a_cap_needs_a_single_optimiser_step() -> None:
    words = ["--importance-cap", "2"]
    TrainConfig.of(model="m", importance_cap=2.0).check_needs(words)
    several = TrainConfig.of(model="m", importance_cap=2.0, minibatches=2)
    with pytest.raises(UserError, match="--importance-cap has no effect without a single"):
        several.check_needs(words)


def test_kl_is_zero_at_the_reference_and_unbiased() -> None:
    policy, reference = torch.tensor([0.2, 0.5, 0.3]), torch.tensor([0.4, 0.4, 0.2])
    exact = (policy * (policy / reference).log()).sum()
    k3 = [
        kl_to_reference(p.log()[None], r.log()[None], torch.ones(1))
        for p, r in zip(policy, reference, strict=True)
    ]
    assert sum(p * k for p, k in zip(policy, k3, strict=True)).item() == pytest.approx(exact.item())
    assert kl_to_reference(policy.log(), policy.log(), torch.ones(3)) == 0


def test_checkpoints_are_atomic_and_the_newest_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, {"step": step}, keep=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step_000002.pt", "step_000003.pt"]
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    assert load_checkpoint(newest)["step"] == 3
    newest.write_bytes(newest.read_bytes()[:20])
    with pytest.raises(UserError, match="cannot read the checkpoint"):
        load_checkpoint(newest)


def test_a_failing_write_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path, 1, {"step": 1}, keep=1)

    def full_disk(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(tmp_path, 2, {"step": 2}, keep=1)
    assert [p.name for p in tmp_path.iterdir()] == ["step_000001.pt"]


def test_training_moves_the_compile_rate(tmp_path: Path) -> None:
    config = CONFIG.but(steps=30, reward="compiler", kl_coef=0.0, lr=1e-2, samples_per_prompt=8)
    run = trainer(config, tmp_path / "r")
    run.train(silent)
    rates = [row["compile_rate"] for row in run.run.metrics()]
    assert np.mean(rates[-5:]) > np.mean(rates[:3]) + 0.1


@pytest.mark.parametrize("credit", ["terminal", "localised"])
@pytest.mark.parametrize("minibatches", [1, 2])
def test_the_same_seed_gives_the_same_run(tmp_path: Path, credit: Any, minibatches: int) -> None:
    config = CONFIG.but(steps=2, credit=credit, minibatches=minibatches)
    runs = [trainer(config, tmp_path / name) for name in "ab"]
    for run in runs:
        run.train(silent)
    assert numbers(runs[0].run) == numbers(runs[1].run)
    other = trainer(config.but(seed=1), tmp_path / "c")
    other.train(silent)
    assert numbers(other.run) != numbers(runs[0].run)


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_a_killed_run_resumes_to_the_bit(tmp_path: Path, stop_after: int) -> None:
    whole = trainer(CONFIG, tmp_path / "whole")
    whole.train(silent)
    again = killed_and_resumed(CONFIG, tmp_path / "r", stop_after)
    assert numbers(again.run) == numbers(whole.run)
    for a, b in zip(whole.policy.model.parameters(), again.policy.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_ctrl_c_finishes_the_step_and_saves(tmp_path: Path) -> None:
    import signal

    run = trainer(CONFIG, tmp_path / "r")

    def interrupt(step: int, metrics: dict[str, float]) -> None:
        if step == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        run.train(interrupt)
    newest = newest_checkpoint(run.run.checkpoints)
    assert newest is not None
    assert load_checkpoint(newest)["step"] == run.step


def test_a_reward_outage_stops_with_a_checkpoint(tmp_path: Path) -> None:
    run = trainer(CONFIG, tmp_path / "r")
    broken = tiny.FakeCompiler(bad=[], broken=["class"])
    run.judge = Judge(broken)
    with pytest.raises(UserError, match="no program of this step could be judged"):
        run.train(silent)
    assert newest_checkpoint(run.run.checkpoints) is not None


def test_a_run_directory_is_never_overwritten(tmp_path: Path) -> None:
    trainer(CONFIG, tmp_path / "r")
    with pytest.raises(UserError, match="exists"):
        trainer(CONFIG, tmp_path / "r")
    with pytest.raises(UserError, match=r"started with lr=0\.001"):
        trainer(CONFIG.but(lr=1.0), tmp_path / "r", resume=True)


def test_a_file_system_without_locks_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("fcntl.lockf", refuse)
    RunDir.open(tmp_path / "r", TrainConfig(model="tiny"), resume=False)
    assert (tmp_path / "r" / "config.json").exists()


def test_every_completion_is_kept_with_its_verdict(tmp_path: Path) -> None:
    import zstandard

    run = trainer(CONFIG.but(steps=1), tmp_path / "r")
    run.train(silent)
    data = (tmp_path / "r" / "rollouts" / "step_000001.jsonl.zst").read_bytes()
    rows = [json.loads(line) for line in zstandard.decompress(data).decode().splitlines()]
    assert len(rows) == 16
    for row in rows:
        assert row["verdict"] in ("accepted", "rejected")
        assert (row["reward"] == -1) == (row["verdict"] == "rejected")
        assert bool(row["diagnostics"]) == (row["verdict"] == "rejected")


def sft_config(tmp_path: Path, **changes: Any) -> SftConfig:
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(6))
    tiny.save_policy(tmp_path / "model")
    base = SftConfig.of(
        model=str(tmp_path / "model"),
        tasks=str(tmp_path / "tasks.jsonl"),
        validation=str(tmp_path / "tasks.jsonl"),
        out=str(tmp_path / "sft"),
        epochs=60,
        batch_size=6,
        lr=5e-3,
        checkpoint_every=20,
        threads=1,
        precision="fp32",
    )
    return base.but(**changes)


def test_sft_learns_the_references(tmp_path: Path) -> None:
    from rlcf.policy.model import load_policy

    folder = run_sft(sft_config(tmp_path), Console(quiet=True))
    policy = load_policy(str(folder), precision="fp32")
    greedy = SamplingConfig(temperature=0, max_new_tokens=40)
    drawn = sample_tasks(policy, tiny.tasks(6), 1, greedy, seed=0)
    bodies = {group[0].text.split("\n")[1].strip() for group in drawn}
    assert bodies == {"}"}
    assert all("return a +" in group[0].text for group in drawn)


def test_sft_resumes_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.torch import load_file

    from rlcf.training import sft

    whole = run_sft(sft_config(tmp_path, out=str(tmp_path / "a")), Console(quiet=True))
    config = sft_config(tmp_path, out=str(tmp_path / "b"))
    real, calls = sft.SftTrainer._one_step, []

    def dies(self: Any, step: int) -> Any:
        calls.append(step)
        if len(calls) == 31:
            raise RuntimeError("killed")
        return real(self, step)

    monkeypatch.setattr(sft.SftTrainer, "_one_step", dies)
    with pytest.raises(RuntimeError, match="killed"):
        run_sft(config, Console(quiet=True))
    again = run_sft(config.but(resume=True), Console(quiet=True))
    a, b = (load_file(f / "model.safetensors") for f in (whole, again))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_sft_of_a_fresh_model_and_bad_input(tmp_path: Path) -> None:
    config = sft_config(tmp_path, epochs=1)
    with pytest.raises(UserError, match="either --model"):
        run_sft(config.but(model=None), Console(quiet=True))
    shape = tmp_path / "shape.json"
    shape.write_text(json.dumps({"model_type": "gpt2", "n_embd": 32, "n_layer": 1, "n_head": 2}))
    fresh = config.but(model=None, architecture=shape, vocab_size=300)
    folder = run_sft(fresh, Console(quiet=True))
    assert json.loads((folder / "config.json").read_text())["vocab_size"] == 300


def test_equal_rewards_leave_the_policy_as_it_is(tmp_path: Path) -> None:
    run = trainer(CONFIG.but(steps=2, reward="compiler"), tmp_path / "r", bad="never written")
    before = [p.clone() for p in run.policy.model.parameters()]
    run.train(silent)
    for a, b in zip(before, run.policy.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert all(row["groups_without_signal"] == 1 for row in run.run.metrics())


def test_sft_stops_in_the_middle_of_its_schedule(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    config = sft_config(tmp_path, checkpoint_every=10, validation="none")
    early = run_sft(config.but(stop_after=10, out=str(tmp_path / "early")), Console(quiet=True))
    run_sft(config.but(out=str(tmp_path / "whole")), Console(quiet=True))
    losses = [
        [json.loads(x) for x in (tmp_path / n / "metrics.jsonl").read_text().splitlines()]
        for n in ("early", "whole")
    ]
    assert len(losses[0]) == 1
    assert losses[0][0] == losses[1][0]
    assert load_file(early / "model.safetensors")
