"""PPO with GAE, adaptive KL, early stopping, non-finite losses; killed runs with all of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.online import ComparatorConfig, ComparatorTrainer
from rlcf.compilers.base import CompileResult
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import load_policy
from rlcf.policy.prompting import ChatStyle
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.algorithms import make_algorithm
from rlcf.training.checkpoint import (
    copy_folder,
    load_checkpoint,
    mend_folder,
    newest_checkpoint,
    save_folder,
)
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.earlystop import Selection
from rlcf.training.klcontrol import KlController
from rlcf.training.learner import Learner, NonFiniteError
from rlcf.training.loop import Trainer
from rlcf.training.losses import clipped_value_loss
from rlcf.training.ppo import Ppo, gae, token_rewards
from rlcf.training.references import encode_references, reference_loss
from rlcf.training.rollouts import Rollouts, roll_out
from rlcf.training.rundir import RunDir
from rlcf.training.stepmetrics import StepMetrics

CONFIG = TrainConfig(
    model="tiny",
    algorithm="ppo",
    steps=4,
    prompts_per_step=4,
    samples_per_prompt=4,
    prompts_per_forward=2,
    epochs=2,
    minibatches=2,
    lr=1e-3,
    kl_target=0.01,
    max_new_tokens=12,
    checkpoint_every=2,
    precision="fp32",
)


class EasyCompiler(tiny.FakeCompiler):
    """Rejects programs whose completion holds a letter: a task that is easy to learn."""

    def __init__(self, bad: str = "e", broken: Sequence[str] = ()) -> None:
        super().__init__([bad], broken)

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        shift = [p.index("(int a) {\n") for p in programs]
        found = super().check([p[s:] for p, s in zip(programs, shift, strict=True)])
        return [
            replace(
                r,
                diagnostics=tuple(
                    replace(d, start=d.start + s, end=d.end + s) for d in r.diagnostics
                ),
            )
            for r, s in zip(found, shift, strict=True)
        ]


def trainer(config: TrainConfig, out: Path, validate=None, *, resume: bool = False) -> Trainer:
    run = RunDir.open(out, config, resume=resume)
    comparator = ComparatorTrainer(tiny.comparator(), ComparatorConfig(batch_size=4), config.seed)
    grounding = Grounding(EasyCompiler(), ComparatorJudge(comparator.comparator), config.reward)
    return Trainer(config, tiny.policy(), tiny.tasks(), grounding, comparator, run, validate)


def rollouts_of(learner: Learner, compiler: tiny.FakeCompiler | None = None) -> Rollouts:
    return roll_out(
        learner.policy,
        Grounding(compiler or EasyCompiler()),
        tiny.tasks(4),
        4,
        SamplingConfig(1.0, 0, 12),
        seed=0,
        clock=StepMetrics(),
    )


def numbers(run: RunDir) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in run.metrics()]


def silent(step: int, metrics: dict[str, float]) -> None:
    pass


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


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
    groups = sample_tasks(policy, tiny.tasks(3), 2, SamplingConfig(1.0, 0, 9), seed=0)
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
def test_token_rewards_add_up_and_fall_where_they_should(credit: str) -> None:
    learner = Learner(replace(CONFIG, credit=credit), tiny.policy())
    rollouts = rollouts_of(learner)
    for i, group in enumerate(rollouts.groups):
        for j, sample in enumerate(group):
            rewards_T = token_rewards(learner.algorithm, rollouts, i, j)
            assert len(rewards_T) == len(sample.token_ids)
            assert rewards_T.sum() == pytest.approx(rollouts.scores_PG[i, j], abs=1e-5)
            if credit == "terminal" or rollouts.scores_PG[i, j] > 0:
                assert not rewards_T[:-1].any()
    rejected = rollouts.scores_PG == -1
    assert rejected.any()
    if credit == "localised":
        spread = [
            token_rewards(learner.algorithm, rollouts, i, j)[:-1].any()
            for i, j in np.argwhere(rejected)
        ]
        assert any(spread)


def test_ppo_targets_are_white_and_leave_out_what_was_not_scored() -> None:
    learner = Learner(CONFIG, tiny.policy())
    assert isinstance(learner.algorithm, Ppo)
    rollouts = rollouts_of(learner)
    rollouts.rewards.score_B[0] = np.nan  # one sample
    rollouts.rewards.score_B[4:8] = np.nan  # a whole prompt
    rollouts.rewards.score_B[8:12] = 1  # no signal for critic-free algorithms
    targets = learner.targets(rollouts)
    assert targets.prompts == [0, 2, 3]
    assert not len(targets.tokens(0, 0))
    every = np.concatenate([targets.tokens(i, j) for i in targets.prompts for j in range(4)])
    assert every.mean() == pytest.approx(0, abs=1e-4)
    assert every.std() == pytest.approx(1, abs=1e-3)
    assert targets.metrics["groups_trained"] == 0.75
    assert targets.metrics["value/mean"] == 0  # the head starts from zero
    # with V = 0, gamma 1 and a terminal reward, A_t = lambda^(T-1-t) r, before it is whitened
    returns_T = learner.algorithm.targets(rollouts).episodes[2][0].returns_T
    expected = CONFIG.gae_lambda ** np.arange(len(returns_T))[::-1]
    np.testing.assert_allclose(returns_T, expected, rtol=1e-5)
    assert np.isfinite(list(learner.update(rollouts, targets, 1).values())).all()


@pytest.mark.parametrize("trunk", [True, False])
def test_the_value_loss_reaches_the_trunk_only_if_it_may(trunk: bool) -> None:
    config = replace(CONFIG, value_trunk=trunk, epochs=1, minibatches=1, kl_coef=0.0, kl_target=0)
    learner = Learner(config, tiny.policy())
    algorithm = learner.algorithm
    assert isinstance(algorithm, Ppo)
    torch.nn.init.ones_(algorithm.head.weight)
    rollouts = rollouts_of(learner)
    targets = algorithm.targets(rollouts)
    groups = [rollouts.groups[0]]
    scores = score_tokens(learner.policy, groups, 1.0, hidden=True)
    loss, sums = algorithm.extra_loss(scores, targets, [(0, j) for j in range(len(groups[0]))])
    assert loss is not None
    assert loss.item() == pytest.approx(config.value_coef * sums["value/loss"])
    loss.backward()
    reached = any(p.grad is not None and p.grad.any() for p in learner.policy.model.parameters())
    assert reached == trunk
    assert algorithm.head.weight.grad is not None


def test_ppo_moves_the_compile_rate_and_its_values_foretell_returns(tmp_path: Path) -> None:
    config = replace(
        CONFIG, steps=25, reward="compiler", kl_coef=0.0, kl_target=0, lr=5e-3,
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
    run = trainer(replace(CONFIG, steps=1, samples_per_prompt=1), tmp_path / "r")
    run.train(silent)
    assert run.run.metrics()[0]["grad_norm"] > 0
    with pytest.raises(UserError, match="at least 2"):
        replace(CONFIG, algorithm="rloo", samples_per_prompt=1)


# --- passes over a batch


def test_later_epochs_use_the_same_reference_and_drawn_logprobs() -> None:
    """Two epochs with a learning rate of 0 are one epoch, twice."""
    config = replace(CONFIG, lr=1e-30, value_lr=1e-30, epochs=1, minibatches=1, kl_target=0)
    metrics = []
    for epochs in (1, 2):
        learner = Learner(replace(config, epochs=epochs), tiny.policy())
        rollouts = rollouts_of(learner)
        metrics.append(learner.update(rollouts, learner.targets(rollouts), 1))
    assert metrics[1]["optimizer_steps"] == 2
    assert metrics[1]["kl_step"] == pytest.approx(0, abs=1e-6)
    for name in ("kl", "entropy", "grad_norm", "value/loss"):
        assert metrics[0][name] == pytest.approx(metrics[1][name], rel=1e-3, abs=1e-6)


def test_epochs_end_when_the_policy_has_moved_too_far() -> None:
    steps = []
    for stop in (0.0, 1e-4):
        config = replace(CONFIG, lr=1e-2, epochs=5, minibatches=1, kl_stop=stop, warmup_steps=0)
        learner = Learner(config, tiny.policy())
        rollouts = rollouts_of(learner)
        steps.append(learner.update(rollouts, learner.targets(rollouts), 1)["optimizer_steps"])
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
    fixed = KlController(0.1, target=0.0)
    fixed.observe(20.0)
    assert fixed.coefficient == 0.1


def test_the_kl_coefficient_follows_the_divergence(tmp_path: Path) -> None:
    found = {}
    for target in (1e-6, 10.0):
        config = replace(CONFIG, algorithm="rloo", steps=6, kl_target=target, lr=5e-3)
        run = trainer(config, tmp_path / str(target))
        run.train(silent)
        found[target] = [row["kl_coef"] for row in run.run.metrics()]
    assert all(values[0] == CONFIG.kl_coef for values in found.values())
    assert found[1e-6][-1] > CONFIG.kl_coef > found[10.0][-1]


def test_settings_that_cannot_work_are_refused() -> None:
    for changes, expected in (
        ({"kl_coef": 0.0}, "--kl-coef"),
        ({"patience": 2}, "--validate-every"),
        ({"gamma": 1.5}, "--gamma"),
        ({"epochs": 0}, "--epochs"),
        ({"comparator_mode": "sometimes"}, "online, frozen, none"),
    ):
        with pytest.raises(UserError, match=expected):
            replace(CONFIG, **changes)


# --- holding on


def validation(values: Sequence[float]):
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
    assert not Selection(patience=0, since=99).exhausted


def test_patience_stops_the_run_and_the_best_policy_is_kept(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=50, validate_every=1, patience=3, lr=1e-2)
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
    assert replace(config, select_best=False).select_best is False
    again.config = replace(config, select_best=False)
    assert again.save_policy() == 5
    last = load_policy(str(tmp_path / "r" / "policy"), precision="fp32")
    for a, b in zip(kept[5], last.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_training_that_never_helps_gives_back_the_start(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=2, validate_every=2, lr=1e-2)
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
    save_folder(target, lambda new: (new / "a").write_text("1"))

    def fails(new: Path) -> None:
        (new / "a").write_text("2")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        save_folder(target, fails)
    assert [p.name for p in tmp_path.iterdir()] == ["best"]
    assert (target / "a").read_text() == "1"
    copy_folder(target, tmp_path / "policy")
    assert (tmp_path / "policy" / "a").read_text() == "1"
    target.rename(tmp_path / ".best.old")  # a crash between the two renames
    mend_folder(target)
    assert (target / "a").read_text() == "1"
    save_folder(target, lambda new: (new / "b").write_text("3"))
    assert [p.name for p in target.iterdir()] == ["b"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best", "policy"]


@pytest.mark.parametrize("algorithm", ["rloo", "ppo"])
def test_a_loss_that_is_not_finite_changes_nothing_and_is_explained(
    tmp_path: Path, algorithm: str
) -> None:
    config = replace(CONFIG, algorithm=algorithm, epochs=1, minibatches=1)
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
    config = replace(CONFIG, algorithm="rloo", epochs=1, minibatches=1)
    learner = Learner(config, tiny.policy())
    rollouts = rollouts_of(learner)
    hook = next(iter(learner.policy.model.parameters())).register_hook(
        lambda grad: torch.full_like(grad, float("inf"))
    )
    with pytest.raises(NonFiniteError, match="the gradient of step 7"):
        learner.update(rollouts, learner.targets(rollouts), 7)
    hook.remove()
    learner.update(rollouts, learner.targets(rollouts), 8)  # and nothing of it is left


@pytest.mark.parametrize("credit", ["terminal", "localised"])
@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_killed_ppo_run_resumes_to_the_bit(tmp_path: Path, stop_after: int, credit: str) -> None:
    config = replace(CONFIG, credit=credit, validate_every=1, patience=3)

    def measure(policy) -> dict[str, float]:
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
    assert again.resume() == (stop_after >= config.checkpoint_every)
    again.train(silent)
    assert numbers(again.run) == numbers(whole.run)
    assert len({row["kl_coef"] for row in numbers(whole.run)[1:]}) == whole.step
    assert again.selection == whole.selection
    for a, b in zip(again.learner.parameters, whole.learner.parameters, strict=True):
        assert torch.equal(a, b)


def test_an_algorithm_without_state_refuses_that_of_another() -> None:
    learner = make_algorithm(replace(CONFIG, algorithm="grpo"), tiny.policy(), Processes())
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


def test_instruction_tuned_models_are_judged_by_whole_programs(tmp_path: Path) -> None:
    policy = tiny.policy()
    policy.model.config.max_position_embeddings = 600
    policy.tokenizer.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    policy = replace(policy, style=ChatStyle())
    config = replace(CONFIG, steps=1, credit="localised", reward="compiler")
    seen: list[str] = []
    compiler = tiny.FakeCompiler(["e"], [])
    check = compiler.check
    compiler.check = lambda programs: (seen.extend(programs), check(programs))[1]  # type: ignore[method-assign]
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
    learner = Learner(replace(config, max_grad_norm=1e9), tiny.policy())
    rollouts = rollouts_of(learner)
    rollouts.rewards.score_B[:] = np.arange(len(rollouts.rewards.score_B)) % 3
    seen: list[torch.Tensor] = []
    learner.optimizer.register_step_pre_hook(
        lambda *_: seen.append(torch.cat([p.grad.flatten() for p in learner.parameters]))
    )
    metrics = learner.update(rollouts, learner.targets(rollouts), 1, references)
    return seen[0], metrics


@pytest.mark.parametrize("prompts", [4, 1])
def test_references_are_kept(prompts: int) -> None:
    """Their gradient is that of their mean cross-entropy, in one piece or several."""
    alone = {"algorithm": "rloo", "kl_coef": 0.0, "kl_target": 0.0, "epochs": 1, "minibatches": 1}
    config = replace(CONFIG, **alone, max_new_tokens=99)
    plain, without = gradient_of(config)
    both, metrics = gradient_of(replace(config, reference_coef=0.5, prompts_per_forward=prompts))
    learner = Learner(config, tiny.policy())
    tasks = rollouts_of(learner).tasks
    loss, weight = reference_loss(learner.policy, encode_references(learner.policy, tasks, 999))
    (0.5 * loss / weight).backward()
    wanted = torch.cat([p.grad.flatten() for p in learner.parameters if p.grad is not None])
    torch.testing.assert_close(both - plain, wanted, rtol=1e-3, atol=1e-5)
    assert metrics["reference_loss"] == pytest.approx(loss.item() / weight, rel=1e-4)
    assert "reference_loss" not in without


@pytest.mark.parametrize("prompts", [4, 1])
def test_drawn_references_stand_for_those_of_the_prompts(prompts: int) -> None:
    """The gradient is that of the drawn ones' mean cross-entropy, whatever the prompts are."""
    alone = {"algorithm": "rloo", "kl_coef": 0.0, "kl_target": 0.0, "epochs": 1, "minibatches": 1}
    config = replace(CONFIG, **alone, max_new_tokens=99)
    drawn = [replace(t, reference=t.reference.replace("a", "ab")) for t in tiny.tasks()[:3]]
    plain, _ = gradient_of(config)
    settings = {"reference_coef": 0.5, "reference_batch": 3, "prompts_per_forward": prompts}
    both, metrics = gradient_of(replace(config, **settings), drawn)
    learner = Learner(config, tiny.policy())
    loss, weight = reference_loss(learner.policy, encode_references(learner.policy, drawn, 999))
    (0.5 * loss / weight).backward()
    wanted = torch.cat([p.grad.flatten() for p in learner.parameters if p.grad is not None])
    torch.testing.assert_close(both - plain, wanted, rtol=1e-3, atol=1e-5)
    assert metrics["reference_loss"] == pytest.approx(loss.item() / weight, rel=1e-4)


def test_minibatches_share_the_drawn_references(monkeypatch: pytest.MonkeyPatch) -> None:
    from rlcf.training import learner as module

    taken: list[list[Any]] = []
    exact = module.reference_loss

    def spy(policy: Any, examples: Any) -> Any:
        taken.append(list(examples))
        return exact(policy, examples)

    monkeypatch.setattr(module, "reference_loss", spy)
    alone = {"algorithm": "rloo", "kl_target": 0.0, "epochs": 1, "minibatches": 2}
    settings = {"reference_coef": 0.5, "reference_batch": 5, "prompts_per_forward": 8}
    drawn = tiny.tasks()[:5]
    gradient_of(replace(CONFIG, **alone, **settings, max_new_tokens=99), drawn)
    assert sorted(len(part) for part in taken) == [2, 3]
    assert len({example.ids for part in taken for example in part}) == 5


def test_the_learning_rate_can_fall_to_nothing() -> None:
    config = replace(CONFIG, lr=0.5, warmup_steps=2, steps=4, lr_schedule="linear")
    assert [Learner(config, tiny.policy())._share_of_lr(s) for s in (1, 2, 3, 4, 5)] == [
        0.5,
        0.75,
        0.5,
        0.25,
        0,
    ]
    with pytest.raises(UserError, match="constant, linear"):
        replace(config, lr_schedule="cosine")
    gradient, metrics = gradient_of(replace(config, epochs=1, minibatches=1, kl_target=0.0))
    assert gradient.any()
    assert metrics["lr"] == 0.25  # the first of two warm-up steps
