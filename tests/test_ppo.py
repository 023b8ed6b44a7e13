"""PPO: GAE, its values, token rewards, passes over a batch, adaptive KL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny
from rlcf.errors import UserError
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.training.algorithms.ppo import Ppo, gae, token_rewards
from rlcf.training.klcontrol import KlController
from rlcf.training.losses import clipped_value_loss
from rlcf.training.update import Learner
from small_runs import CONFIG, array, batch_of, learn, silent, trainer

pytestmark = pytest.mark.in_process

# --- GAE and the value loss


def test_gae_by_hand() -> None:
    rewards, values = array(0, 0, 1), array(0.5, 0.2, 0.4)
    # delta_2 = 1 - 0.4 = 0.6; delta_1 = 0.9 * 0.4 - 0.2 = 0.16; delta_0 = 0.9 * 0.2 - 0.5 = -0.32
    # A_2 = 0.6; A_1 = 0.16 + 0.9 * 0.5 * 0.6 = 0.43; A_0 = -0.32 + 0.45 * 0.43 = -0.1265
    np.testing.assert_allclose(gae(rewards, values, 0.9, 0.5), [-0.1265, 0.43, 0.6], atol=1e-6)


def test_gae_at_its_ends() -> None:
    rewards, values = array(1, 0, -2), array(0.3, 0.1, -0.4)
    returns = np.array([-1, -2, -2])  # lambda 1, gamma 1: what came after, less the value
    np.testing.assert_allclose(gae(rewards, values, 1, 1), returns - values, atol=1e-6)
    one_step = [1 + 0.1 - 0.3, 0 - 0.4 - 0.1, -2 + 0.4]
    np.testing.assert_allclose(gae(rewards, values, 1, 0), one_step, atol=1e-6)
    assert gae(array(), array(), 1, 1).shape == (0,)


def test_the_value_loss_by_hand() -> None:
    values = torch.tensor([[0.0, 1.0, 9.0]], requires_grad=True)
    old, returns = torch.tensor([[0.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 1.0]])
    mask = torch.tensor([[1.0, 1.0, 0.0]])
    # token 1: error 1; token 2: exact, but clipped to 0.2 the error is 0.8
    loss = clipped_value_loss(values, old, returns, mask, 0.2)
    assert loss.item() == pytest.approx(0.5 * (1 + 0.8**2))
    loss.backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[-1.0, 0.0, 0.0]]


# --- what PPO learns from


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_values_read_the_state_that_the_token_is_predicted_from(architecture: str) -> None:
    policy = tiny.policy(architecture)
    groups = sample_tasks(policy, tiny.tasks(3), 2, SamplingConfig(1.0, None, 9), seed=0)
    with torch.no_grad():
        scores = score_tokens(policy, groups, 1.0, hidden=True)
        hidden_BTH = scores.hidden_BTH
        assert hidden_BTH is not None
        assert hidden_BTH.shape[:2] == scores.mask_BT.shape
        again_BTV = policy.model.get_output_embeddings()(hidden_BTH).log_softmax(-1)
    for row, sample in enumerate(s for group in groups for s in group):
        for t, token in enumerate(sample.token_ids):
            torch.testing.assert_close(
                again_BTV[row, t, token], scores.logprobs_BT[row, t], atol=1e-4, rtol=1e-4
            )


@pytest.mark.parametrize("credit", ["terminal", "localised"])
def test_token_rewards_add_up_and_fall_where_they_should(credit: Any) -> None:
    learner = Learner(CONFIG.but(credit=credit), tiny.policy())
    batch = batch_of(learner)
    found = [(one, token_rewards(one, learner.policy.tokenizer, credit)) for one in batch]
    for one, rewards_T in found:
        assert len(rewards_T) == len(one.token_ids)
        assert rewards_T.sum() == pytest.approx(one.reward, abs=1e-5)
        if credit == "terminal" or one.reward > 0:
            assert not rewards_T[:-1].any()
    rejected = [rewards_T for one, rewards_T in found if one.reward == -1]
    assert rejected
    if credit == "localised":
        assert any(rewards_T[:-1].any() for rewards_T in rejected)


def test_ppo_advantages_are_white_and_leave_out_what_was_not_scored() -> None:
    learner = Learner(CONFIG, tiny.policy())
    assert isinstance(learner.algorithm, Ppo)
    batch = batch_of(learner)
    first, unknown, equal, last = batch.groups
    first[0].reward = np.nan
    for one in unknown:
        one.reward = np.nan
    for one in equal:
        one.reward = 1  # no signal for critic-free algorithms
    metrics = learner.algorithm.advantages(batch)
    assert batch.trained == [first, equal, last]
    rows = [one.advantages_T for group in batch.trained for one in group]
    assert rows[0] is not None
    assert not len(rows[0])
    every = np.concatenate([row for row in rows if row is not None])
    assert every.mean() == pytest.approx(0, abs=1e-4)
    assert every.std() == pytest.approx(1, abs=1e-3)
    assert metrics["groups_trained"] == 0.75
    assert metrics["value/mean"] == 0  # the head starts from zero
    # with V = 0, gamma 1 and a terminal reward, A_t = lambda^(T-1-t) r, before it is whitened
    returns_T = equal[0].returns_T
    expected = CONFIG.ppo.gae_lambda ** np.arange(len(returns_T))[::-1]
    np.testing.assert_allclose(returns_T, expected, rtol=1e-5)
    assert np.isfinite(list(learner.update(batch, 1).values())).all()


@pytest.mark.parametrize("trunk", [True, False])
def test_the_value_loss_reaches_the_trunk_only_if_it_may(trunk: bool) -> None:
    config = CONFIG.but(value_trunk=trunk, epochs=1, minibatches=1, kl_coef=0.0, kl_target=None)
    learner = Learner(config, tiny.policy())
    algorithm = learner.algorithm
    assert isinstance(algorithm, Ppo)
    torch.nn.init.ones_(algorithm.head.weight)
    batch = batch_of(learner)
    algorithm.advantages(batch)
    groups = batch.groups[:1]
    scores = score_tokens(learner.policy, groups, 1.0, hidden=True)
    loss, sums = algorithm.extra_loss(scores, groups[0])
    assert loss is not None
    assert loss.item() == pytest.approx(config.ppo.value_coef * sums["value/loss"])
    loss.backward()
    reached = any(p.grad is not None and p.grad.any() for p in learner.policy.model.parameters())
    assert reached == trunk
    assert algorithm.head.weight.grad is not None


def test_ppo_moves_the_compile_rate_and_its_values_foretell_returns(tmp_path: Path) -> None:
    config = CONFIG.but(steps=25, reward="compiler", kl_coef=0.0, kl_target=None, lr=5e-3,
        samples_per_prompt=8, prompts_per_forward=4, value_lr=1e-2, minibatches=1,
    )  # fmt: skip
    run = trainer(config, tmp_path / "r")
    run.train(silent)
    rows = run.run.metrics()
    rates = [row["compile_rate"] for row in rows]
    assert np.mean(rates[-5:]) > np.mean(rates[:3]) + 0.1
    assert rows[0]["value/mean"] == 0
    assert rows[-1]["value/loss"] < rows[0]["value/loss"]
    assert all(row["groups_trained"] == 1 for row in rows)


def test_one_sample_a_prompt_is_enough_for_ppo_alone(tmp_path: Path) -> None:
    run = trainer(CONFIG.but(steps=1, samples_per_prompt=1), tmp_path / "r")
    run.train(silent)
    assert run.run.metrics()[0]["grad_norm"] > 0
    with pytest.raises(UserError, match="at least 2"):
        CONFIG.but(algorithm="rloo", samples_per_prompt=1)


# --- passes over a batch


def test_later_epochs_use_the_same_reference_and_drawn_logprobs() -> None:
    """Two epochs with a learning rate of 0 are one epoch, twice."""
    config = CONFIG.but(lr=1e-30, value_lr=1e-30, epochs=1, minibatches=1, kl_target=None)
    metrics = []
    for epochs in (1, 2):
        learner = Learner(config.but(epochs=epochs), tiny.policy())
        batch = batch_of(learner)
        metrics.append(learn(learner, batch, 1))
    assert metrics[1]["optimizer_steps"] == 2
    assert metrics[1]["kl_step"] == pytest.approx(0, abs=1e-6)
    for name in ("kl", "entropy", "grad_norm", "value/loss"):
        assert metrics[0][name] == pytest.approx(metrics[1][name], rel=1e-3, abs=1e-6)


def test_epochs_end_when_the_policy_has_moved_too_far() -> None:
    steps = []
    for stop in (None, 1e-4):
        config = CONFIG.but(lr=1e-2, epochs=5, minibatches=1, kl_stop=stop, warmup_steps=0)
        learner = Learner(config, tiny.policy())
        batch = batch_of(learner)
        steps.append(learn(learner, batch, 1)["optimizer_steps"])
    assert steps[0] == 5
    assert 1 <= steps[1] < 5


# --- adaptive KL


def test_the_kl_controller_by_hand() -> None:
    kl = KlController(0.1, target=2.0)
    kl.observe(2.2)  # 10 % too far: error 0.1
    assert kl.coefficient == pytest.approx(0.1 * 1.01)
    kl.observe(20.0)  # error clipped to 0.2
    assert kl.coefficient == pytest.approx(0.1 * 1.01 * 1.02)
    kl.observe(0.0)
    assert kl.coefficient == pytest.approx(0.1 * 1.01 * 1.02 * 0.98)
    fixed = KlController(0.1, target=None)
    fixed.observe(20.0)
    assert fixed.coefficient == 0.1


def test_the_kl_coefficient_follows_the_divergence(tmp_path: Path) -> None:
    found = {}
    for target in (1e-6, 10.0):
        config = CONFIG.but(algorithm="rloo", steps=6, kl_target=target, lr=5e-3)
        run = trainer(config, tmp_path / str(target))
        run.train(silent)
        found[target] = [row["kl_coef"] for row in run.run.metrics()]
    assert all(values[0] == CONFIG.anchor.kl_coef for values in found.values())
    assert found[1e-6][-1] > CONFIG.anchor.kl_coef > found[10.0][-1]


def test_settings_that_cannot_work_are_refused() -> None:
    for changes, expected in (
        ({"kl_coef": 0.0}, "--kl-coef"),
        ({"patience": 2}, "--validate-every"),
        ({"gamma": 1.5}, "--gamma"),
        ({"epochs": 0}, "--epochs"),
        ({"comparator_mode": "sometimes"}, "online, frozen, none"),
    ):
        with pytest.raises(UserError, match=expected):
            CONFIG.but(**changes)
