"""Samples of a prompt that share its keys and values are those that copies would give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tiny
from rlcf.policy import cache, families, padding, shared
from rlcf.policy.padding import alike
from rlcf.policy.sampling import SamplingConfig, batches, sample_tasks

pytestmark = pytest.mark.in_process

CONFIG = SamplingConfig(max_new_tokens=90)  # more than a block of the cache


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "qwen2"])
def test_sharing_changes_nothing(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, tasks = tiny.policy(architecture), tiny.tasks(5)
    calls: list[int] = []
    real = shared.attend

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(shared, "attend", counted)
    ours = sample_tasks(policy, tasks, 4, CONFIG, seed=3)
    assert calls
    assert policy.model.config._attn_implementation == "sdpa"
    monkeypatch.setattr(families, "applies", lambda *args: False)
    copies = sample_tasks(policy, tasks, 4, CONFIG, seed=3)
    lengths = [len(s.token_ids) for group in copies for s in group]
    assert len(set(lengths)) > 3  # rows were dropped on the way
    for group, other in zip(ours, copies, strict=True):
        for a, b in zip(group, other, strict=True):
            assert a.token_ids == b.token_ids
            np.testing.assert_allclose(a.logprobs_T, b.logprobs_T, atol=1e-4)


def test_only_where_it_was_tested() -> None:
    for architecture, wanted in {"llama": True, "codegen": False, "starcoder2": False}.items():
        policy = tiny.policy(architecture)
        rows = policy.family.read(policy, [[3, 4, 5], [6, 7]], 2)
        assert shared.applies(policy.model, rows.cache, 2) is wanted
        assert not shared.applies(policy.model, rows.cache, 1)


def test_one_long_prompt_does_not_pad_the_others() -> None:
    lengths = [150, 100, 900, *[120] * 61]
    first, last = batches(lengths, at_once=64)
    assert sorted([*first, *last]) == list(range(64))
    assert last == [2]
    assert [len(batch) for batch in batches([10, 900, 20], at_once=64)] == [3]  # little is padded
    assert [len(batch) for batch in batches([5] * 7, at_once=3)] == [3, 3, 1]
    assert list(batches([], at_once=3)) == []


def test_prompts_of_like_length_are_read_together() -> None:
    assert alike([104, 114, 120, 141, 154, 163, 222, 237]) == [
        slice(0, 3),
        slice(3, 6),
        slice(6, 8),
    ]
    assert alike([100] * 9) == [slice(0, 9)]
    assert alike([5, 90]) == [slice(0, 2)]  # few tokens
    assert alike([7]) == [slice(0, 1)]


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "qwen2", "codegen"])
@pytest.mark.parametrize("group", [1, 3])
def test_reading_in_parts_changes_nothing(
    architecture: str, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, tasks = tiny.policy(architecture), tiny.tasks(5)
    tasks = [replace(task, prompt="// a\n" * 3 * i + task.prompt) for i, task in enumerate(tasks)]
    config = SamplingConfig(max_new_tokens=30)
    whole = sample_tasks(policy, tasks, group, config, seed=3)
    monkeypatch.setattr(padding, "FEW", 1)
    monkeypatch.setattr(families, "join", counted := Counted(cache.join))
    parts = sample_tasks(policy, tasks, group, config, seed=3)
    assert counted.calls == 2  # some are alike
    for group_, other in zip(whole, parts, strict=True):
        for a, b in zip(group_, other, strict=True):
            assert a.token_ids == b.token_ids
            np.testing.assert_allclose(a.logprobs_T, b.logprobs_T, atol=1e-4)


class Counted:
    def __init__(self, real: Callable[..., None]) -> None:
        self.real, self.calls = real, 0

    def __call__(self, *args: Any) -> None:
        self.calls += 1
        self.real(*args)
