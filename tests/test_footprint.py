"""Passes are as large as memory allows: a token's share is measured, large groups are divided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

import tiny
from rlcf.policy.footprint import bytes_per_token, split_rows, tokens_per_forward
from rlcf.training.update import Learner, forward_pieces
from small_runs import CONFIG, batch_of, learn

pytestmark = pytest.mark.in_process


@pytest.mark.parametrize(
    ("widths", "limit", "most", "parts"),
    [
        ([], 10, 4, []),
        ([3, 3, 3], 100, 8, [(0, 3)]),
        ([3, 3, 3], 6, 8, [(0, 2), (2, 3)]),
        ([3, 3, 3], 100, 2, [(0, 2), (2, 3)]),
        ([1, 9, 1], 10, 8, [(0, 1), (1, 2), (2, 3)]),
        ([50, 1, 1], 10, 8, [(0, 1), (1, 3)]),
    ],
)
def test_rows_are_divided_in_order(
    widths: list[int], limit: int, most: int, parts: list[tuple[int, int]]
) -> None:
    assert [(s.start, s.stop) for s in split_rows(widths, limit, most)] == parts


@pytest.mark.parametrize("architecture", ["llama", "t5"])
def test_a_deeper_model_takes_more_per_token(architecture: str) -> None:
    policy = tiny.policy(architecture)
    plain = bytes_per_token(policy)
    states = 4 * policy.model.config.hidden_size
    assert plain > 10 * states  # each of two layers keeps several states
    assert tokens_per_forward(policy) > 1000
    if architecture == "llama":
        frugal = replace(policy, gradient_checkpointing=True)
        assert bytes_per_token(frugal) < plain / 2


@pytest.mark.parametrize("tokens", [1, 40, 150, 10_000])
@pytest.mark.parametrize("algorithm", ["rloo", "ppo"])
def test_divided_passes_teach_the_same(
    monkeypatch: pytest.MonkeyPatch, tokens: int, algorithm: Any
) -> None:
    config = CONFIG.but(algorithm=algorithm, minibatches=1, epochs=2, clip=10.0)
    found = []
    for limit in (tokens, 1 << 40):
        learner = Learner(config, tiny.policy())
        learner.tokens_per_forward = limit
        batch = batch_of(learner)
        pieces = list(forward_pieces(batch.groups, 2, limit))
        divided = [one for piece in pieces for group in piece for one in group]
        assert len(divided) == len(batch)
        assert set(divided) == set(batch)
        if tokens == 1 and limit == 1:
            assert all(len(piece) == 1 and len(piece[0]) == 1 for piece in pieces)
        learn(learner, batch)
        found.append(torch.cat([p.flatten() for p in learner.policy.model.parameters()]))
    torch.testing.assert_close(*found, atol=2e-5, rtol=1e-3)
