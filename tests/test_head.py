"""The output layer in chunks gives what whole logits give; draws from a large vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import tiny
from rlcf.policy import head as module
from rlcf.policy.head import Head, head_of
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig, draw

pytestmark = pytest.mark.in_process

ROWS, SIZE, VOCABULARY = 37, 16, 301


def layer(*, bias: bool, trained: bool) -> nn.Linear:
    torch.manual_seed(1)
    made = nn.Linear(SIZE, VOCABULARY, bias=bias)
    made.weight.data.normal_()
    return made.requires_grad_(trained)


@pytest.mark.parametrize("chunk", [1, 5 * VOCABULARY, 1 << 25])
@pytest.mark.parametrize("kept", [0, 1 << 24])
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_scores_and_gradients_are_those_of_whole_logits(
    monkeypatch: pytest.MonkeyPatch, chunk: int, kept: int, trained: bool, bias: bool
) -> None:
    monkeypatch.setattr(module, "CHUNK", chunk)
    monkeypatch.setattr(module, "CACHED", 3 * VOCABULARY)
    monkeypatch.setattr(module, "KEPT", kept)
    last = layer(bias=bias, trained=trained)
    targets_N = torch.randint(0, VOCABULARY, (ROWS,))
    states_NS = torch.randn(ROWS, SIZE)
    worth_N = torch.randn(ROWS)
    found = []
    for chunked in (True, False):
        mine_NS = states_NS.clone().requires_grad_()
        last.zero_grad()
        if chunked:
            logprobs_N, entropy_N = Head(last, alone=True).scores(mine_NS, targets_N, 0.7)
        else:
            all_NV = (last(mine_NS) / 0.7).log_softmax(-1)
            logprobs_N = all_NV.gather(1, targets_N[:, None])[:, 0]
            entropy_N = -(all_NV.exp() * all_NV).sum(-1)
        (logprobs_N * worth_N).sum().backward()
        assert mine_NS.grad is not None
        of_layer = [p.grad.clone() for p in last.parameters() if p.grad is not None]
        found.append([logprobs_N, entropy_N, mine_NS.grad, *of_layer])
    assert len(found[0]) == 3 + trained * (1 + bias)
    for ours, whole in zip(*found, strict=True):
        torch.testing.assert_close(ours, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "t5"])
def test_a_model_without_its_output_layer_gives_the_states(
    tmp_path: Path, architecture: str
) -> None:
    policy = load_policy(str(tiny.save_policy(tmp_path / "m", architecture)), precision="fp32")
    assert policy.head.alone
    example = {"input_ids": torch.tensor([[5, 6, 7]])}
    if policy.model.config.is_encoder_decoder:
        example["decoder_input_ids"] = example["input_ids"]
    with torch.no_grad():
        whole_BTV = policy.model(**example).logits
        with policy.head.skipped():
            states_BTS = policy.model(**example).logits
        torch.testing.assert_close(policy.head.logits(states_BTS), whole_BTV)


def test_what_a_model_adds_after_its_output_layer_is_noticed(tmp_path: Path) -> None:
    policy = load_policy(str(tiny.save_policy(tmp_path / "m", "llama")), precision="fp32")
    plain = policy.model.forward

    def capped(**inputs: torch.Tensor) -> object:
        out = plain(**inputs)
        out.logits = 0.1 * torch.tanh(out.logits / 0.1)
        return out

    policy.model.forward = capped
    head = head_of(policy.model, {"input_ids": torch.tensor([[5, 6, 7]])})
    assert not head.alone
    with torch.no_grad(), head.skipped():
        logits_BTV = policy.model(input_ids=torch.tensor([[5, 6, 7]])).logits
    assert logits_BTV.abs().max() <= 0.1
    logprobs_N, _ = head.scores(logits_BTV[0], torch.tensor([1, 2, 3]), 1.0)
    whole_N = logits_BTV[0].log_softmax(-1)[[0, 1, 2], [1, 2, 3]]
    torch.testing.assert_close(logprobs_N, whole_N)


@pytest.mark.parametrize("size", [100, 128, 50_001])
def test_draws_follow_the_distribution(size: int) -> None:
    torch.manual_seed(0)
    logits_V = torch.randn(size) * 3
    logits_V[::2] = -torch.inf  # half of the vocabulary never comes
    uniform_B = torch.rand(20_000).sort().values
    tokens_B, logprobs_B = draw(logits_V.expand(20_000, size), uniform_B, SamplingConfig())
    shares_V = logits_V.softmax(-1)
    assert (tokens_B % 2 == 1).all()
    assert (tokens_B.diff() >= 0).all()  # the inverse of a distribution function grows
    torch.testing.assert_close(logprobs_B, shares_V.log()[tokens_B], rtol=1e-4, atol=1e-4)
    drawn_V = torch.bincount(tokens_B, minlength=size) / 20_000
    # Inverting evenly spread numbers misses no token's share by more than two of them do.
    assert (drawn_V.cumsum(0) - shares_V.cumsum(0)).abs().max() < 0.02


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-24])
def test_no_draw_takes_a_token_without_weight(uniform: float) -> None:
    logits_BV = torch.full((1, 1000), -torch.inf)
    logits_BV[0, [300, 700]] = 1.0
    tokens_B, _ = draw(logits_BV, torch.tensor([uniform]), SamplingConfig())
    assert tokens_B.item() == (700 if uniform else 300)
