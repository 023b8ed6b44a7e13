"""Weights in the processor's own layout: the same products, and only while tokens are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import tiny
from rlcf.policy import packed
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks

needs_layout = pytest.mark.skipif(
    not packed.is_worth_it(torch.nn.Linear(1, 1), torch.bfloat16, torch.device("cpu")),
    reason="this processor has no products in bfloat16",
)


def layers(*, bias: bool) -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(320, 448, bias=bias),
        torch.nn.ReLU(),
        torch.nn.Linear(448, 288, bias=bias),
        torch.nn.Linear(288, 8, bias=bias),  # too small to be packed
    ).to(torch.bfloat16)


@needs_layout
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(1, 320), (64, 320), (3, 70, 320)])
def test_products_are_the_same_bit_by_bit(bias: bool, shape: tuple[int, ...]) -> None:
    model, given = layers(bias=bias), torch.randn(shape, dtype=torch.bfloat16)
    with torch.no_grad():
        expected = model(given)
        with packed.packed_layers(model, torch.bfloat16):
            assert ["forward" in vars(layer) for layer in model] == [True, False, True, False]
            assert torch.equal(model(given), expected)
        assert not any("forward" in vars(layer) for layer in model)


@needs_layout
def test_weights_in_fp32_are_rounded_as_autocast_does() -> None:
    model, given = layers(bias=True).float(), torch.randn(16, 320)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        expected = model(given)
        with packed.packed_layers(model, torch.bfloat16):
            assert torch.equal(model(given), expected)


@needs_layout
def test_weights_of_now_are_taken_each_time() -> None:
    model, given = layers(bias=False), torch.randn(4, 320, dtype=torch.bfloat16)
    with torch.no_grad():
        for _ in range(2):
            with packed.packed_layers(model, torch.bfloat16):
                found = model(given)
            assert torch.equal(found, model(given))
            next(model.parameters()).mul_(2)


@needs_layout
@pytest.mark.in_process
@pytest.mark.parametrize("rank", [None, 4])
@pytest.mark.parametrize("architecture", ["gpt2", "qwen2"])
def test_programs_drawn_are_the_same(
    architecture: str, rank: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.save_policy(tmp_path, architecture)
    policy = load_policy(str(tmp_path), device="cpu", precision="bf16", lora_rank=rank)
    for name, parameter in policy.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)

    def drawn() -> list[tuple[tuple[int, ...], list[float]]]:
        groups = sample_tasks(policy, tiny.tasks(3), 4, SamplingConfig(max_new_tokens=24), seed=1)
        return [(s.token_ids, s.logprobs_T.tolist()) for group in groups for s in group]

    made: list[int] = []
    real = torch.ops.mkldnn._reorder_linear_weight

    def counted(weight: torch.Tensor, rows: int) -> torch.Tensor:
        made.append(rows)
        packed_weight: torch.Tensor = real(weight, rows)
        return packed_weight

    monkeypatch.setattr(torch.ops.mkldnn, "_reorder_linear_weight", counted)
    expected = drawn()
    assert not made
    monkeypatch.setattr(packed, "_SMALLEST", 1)
    assert drawn() == expected
    assert made  # the output layer at least: GPT-2's own are no linear layers
    assert not any("forward" in vars(layer) for layer in policy.model.modules())


def test_not_for_fp32_nor_without_memory_for_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    model, cpu = layers(bias=False), torch.device("cpu")
    assert not packed.is_worth_it(model, torch.float32, cpu)
    monkeypatch.setattr(packed, "memory_of", lambda device: 1000)
    assert not packed.is_worth_it(model, torch.bfloat16, cpu)
