"""Every supported architecture: loads, samples, scores and learns by reinforcement.

Tiny models of the real config classes, with random weights.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import tiny
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.languages.verdict import CompileResult
from rlcf.policy.cache import RoomyLayer, make_room
from rlcf.policy.completion import Completion
from rlcf.policy.families import decoder_start
from rlcf.policy.logprobs import logprob_gap, score_tokens
from rlcf.policy.model import Policy, load_policy, new_policy
from rlcf.policy.sampling import SamplingConfig, encode_prompt, sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.references import Example, reference_loss
from rlcf.training.rundir import RunDir
from rlcf.training.train import Trainer

pytestmark = pytest.mark.in_process

SHORT = SamplingConfig(max_new_tokens=20)
every_architecture = pytest.mark.parametrize("architecture", tiny.ALL_ARCHITECTURES)


def loaded(architecture: str, folder: Path) -> Policy:
    """Saved and loaded, as a user's model is."""
    return load_policy(str(tiny.save_policy(folder, architecture)), precision="fp32", device="cpu")


def mixed_tasks() -> list[Task]:
    """Prompts of very different lengths."""
    return [
        replace(t, prompt="// note\n" * (9 * (i % 3)) + t.prompt)
        for i, t in enumerate(tiny.tasks(6))
    ]


def flat(groups: list[list[Completion]]) -> list[Completion]:
    return [s for group in groups for s in group]


@every_architecture
def test_loads_samples_and_scores(architecture: str, tmp_path: Path) -> None:
    policy, tasks = loaded(architecture, tmp_path), mixed_tasks()
    together = sample_tasks(policy, tasks, 3, SHORT, seed=5)
    # (a) What was kept from sampling is what the training forward says.
    with torch.no_grad():
        scores = score_tokens(policy, together, 1.0)
    assert logprob_gap(scores, together).largest < 2e-4
    # (b) A sample is the same alone as among others.
    for i in (0, 4):
        (alone,) = sample_tasks(policy, [tasks[i]], 2, SHORT, seed=5)
        assert [s.token_ids for s in alone] == [s.token_ids for s in together[i][:2]]


@every_architecture
def test_the_shared_prompt_gives_the_plain_gradient(architecture: str) -> None:
    policy = tiny.policy(architecture)
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=1)
    score_tokens(policy, groups, 1.0).logprobs_BT.sum().backward()
    shared = {n: p.grad.clone() for n, p in policy.model.named_parameters() if p.grad is not None}
    policy.model.zero_grad()
    examples = [Example((*s.prompt_ids, *s.token_ids), len(s.prompt_ids)) for s in flat(groups)]
    loss, weight = reference_loss(policy, examples, 0.0)
    assert weight == sum(len(s.token_ids) for s in flat(groups))
    (-loss).backward()
    for name, parameter in policy.model.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(shared[name], parameter.grad, atol=2e-3, rtol=2e-3)


VOWELS = tuple("aeiou")


class NoVowels:
    """Rejects programs whose completion holds a vowel: a task that is easy to learn."""

    language = "java"

    def __init__(self) -> None:
        self.fake = tiny.FakeCompiler(bad=VOWELS, broken=[])

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        return self.fake.check([p.split("(int a) {\n", 1)[1] for p in programs])

    def close(self) -> None:
        pass


@every_architecture
def test_three_steps_move_the_compile_rate(architecture: str, tmp_path: Path) -> None:
    config = TrainConfig.of(
        model="tiny",
        steps=3,
        warmup_steps=0,
        prompts_per_step=6,
        samples_per_prompt=16,
        prompts_per_forward=6,
        lr=2e-2,
        kl_coef=0.0,
        max_new_tokens=12,
        reward="compiler",
        precision="fp32",
    )
    policy = loaded(architecture, tmp_path / "m")
    before = rate(policy)
    assert 0.05 < before < 0.9
    run = RunDir.open(tmp_path / "r", config, resume=False)
    trainer = Trainer(config, policy, tiny.tasks(), Grounding(NoVowels()), None, run)
    trainer.train(lambda step, metrics: None)
    assert len(run.metrics()) == 3
    assert rate(policy) > before + 0.1


def rate(policy: Policy) -> float:
    tasks = tiny.tasks()
    drawn = sample_tasks(policy, tasks, 24, SamplingConfig(max_new_tokens=12), seed=99)
    return float(np.mean([not set(s.text) & set(VOWELS) for s in flat(drawn)]))


def test_a_sliding_window_that_fills_while_sampling() -> None:
    policy = tiny.policy("starcoder2")
    tasks = tiny.tasks(2)
    longest = max(len(encode_prompt(policy, t, 20)) for t in tasks)
    config = copy.deepcopy(policy.model.config)
    config.sliding_window = longest + 8  # the prompts fit, the programs do not
    torch.manual_seed(0)
    policy.model = type(policy.model)(config).eval()
    rows = policy.family.read(policy, [encode_prompt(policy, t, 20) for t in tasks], 1)
    assert all(layer.is_sliding for layer in rows.cache.layers)
    make_room(rows.cache)
    assert all(type(layer) is RoomyLayer for layer in rows.cache.layers)
    groups = sample_tasks(policy, tasks, 3, SHORT, seed=2)
    with torch.no_grad():
        scores = score_tokens(policy, groups, 1.0)
    assert logprob_gap(scores, groups).largest < 2e-4


def test_the_gap_shows_what_is_wrong() -> None:
    policy = tiny.policy()
    groups = sample_tasks(policy, mixed_tasks(), 2, SHORT, seed=0)
    with torch.no_grad():
        sound = logprob_gap(score_tokens(policy, groups, 1.0), groups)
        wrong = logprob_gap(score_tokens(policy, groups, 0.7), groups)
    assert sound.mean <= sound.largest < 2e-4
    assert wrong.mean > 0.01


def test_decoders_start_as_their_models_say() -> None:
    assert decoder_start(tiny.policy("t5")) == [0]
    assert decoder_start(tiny.policy("bart")) == [2, 1]  # the second one is forced
    assert decoder_start(tiny.policy("plbart")) == [2]
    policy = tiny.policy("t5")
    policy.model.generation_config.decoder_start_token_id = None
    policy.model.config.decoder_start_token_id = None
    assert decoder_start(policy) == [1]  # the beginning of a text
    policy.model.generation_config.bos_token_id = policy.model.config.bos_token_id = None
    with pytest.raises(UserError, match="what its decoder starts with"):
        decoder_start(policy)


def test_prompts_are_cut_to_what_an_encoder_reads() -> None:
    for architecture in tiny.ENCODER_DECODERS:
        policy = tiny.policy(architecture)
        task = tiny.tasks(1)[0]
        long = replace(task, prompt="// " + "x " * 600 + task.prompt)
        ((sample,),) = sample_tasks(policy, [long], 1, SHORT, seed=0)
        whole = encode_prompt(policy, task, 20)
        assert len(sample.prompt_ids) == 256
        assert list(sample.prompt_ids[-len(whole) + 1 :]) == whole[1:]
    with pytest.raises(UserError, match="more than the model's decoder can write"):
        sample_tasks(policy, [task], 1, SamplingConfig(max_new_tokens=257), seed=0)


def test_a_fresh_encoder_decoder(tmp_path: Path) -> None:
    shape = tmp_path / "config.json"
    shape.write_text('{"model_type": "t5", "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1}')
    policy = new_policy(shape, tiny.tokenizer(), seed=0, device="cpu")
    policy.save(tmp_path / "m")
    again = load_policy(str(tmp_path / "m"), device="cpu", precision="fp32")
    assert decoder_start(again) == [again.tokenizer.bos_token_id]
    assert sample_tasks(again, tiny.tasks(1), 1, SHORT, seed=0)[0][0].token_ids
