"""Adapters, the reference model, and gradient checkpointing, on every architecture."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

import tiny
from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.policy.completion import Completion
from rlcf.policy.families import smallest_input
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks import write_tasks
from rlcf.training.sft import run_sft
from rlcf.training.sftconfig import SftConfig

pytestmark = pytest.mark.in_process

SHORT = SamplingConfig(max_new_tokens=16)
every_architecture = pytest.mark.parametrize("architecture", tiny.ALL_ARCHITECTURES)


def loaded(folder: Path, **options: Any) -> Policy:
    return load_policy(str(folder), device="cpu", precision="fp32", **options)


def logprobs(policy: Policy, groups: list[list[Completion]]) -> torch.Tensor:
    with torch.no_grad():
        return score_tokens(policy, groups, 1.0).logprobs_BT


def move(policy: Policy, groups: list[list[Completion]]) -> None:
    """A few large steps."""
    wanted = [p for p in policy.model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(wanted, lr=0.05)
    for _ in range(3):
        (-score_tokens(policy, groups, 1.0).logprobs_BT.sum()).backward()
        optimizer.step()
        optimizer.zero_grad()


@every_architecture
def test_adapters_learn_and_merge(architecture: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    plain = tiny.policy(architecture)
    plain.save(tmp_path / "base")
    policy = loaded(tmp_path / "base", lora_rank=2)
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    before = logprobs(plain, groups)
    torch.testing.assert_close(logprobs(policy, groups), before, atol=1e-4, rtol=1e-4)
    reference = policy.reference()
    assert reference.model is policy.model  # no second copy
    move(policy, groups)
    after = logprobs(policy, groups)
    assert (after - before).abs().max() > 0.1
    torch.testing.assert_close(logprobs(reference, groups), before, atol=1e-4, rtol=1e-4)
    assert all(p.requires_grad == (".lora_" in n) for n, p in policy.model.named_parameters())
    policy.save(tmp_path / "adapters")
    assert not (tmp_path / "adapters" / "model.safetensors").exists()
    merged = loaded(tmp_path / "adapters")
    assert set(merged.model.state_dict()) == set(plain.model.state_dict())
    torch.testing.assert_close(logprobs(merged, groups), after, atol=1e-4, rtol=1e-4)
    merged.save(tmp_path / "merged")
    assert set(load_file(tmp_path / "merged" / "model.safetensors")) == set(
        load_file(tmp_path / "base" / "model.safetensors")
    )
    torch.testing.assert_close(logprobs(policy, groups), after)  # saving changed nothing


@pytest.mark.parametrize("lora_rank", [0, 2])
def test_state_holds_all_that_changes(lora_rank: int, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    tiny.save_policy(tmp_path)
    policy = loaded(tmp_path, lora_rank=lora_rank)
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    reference = policy.reference()
    move(policy, groups)
    state, first = policy.state_dict(), reference.state_dict()
    assert all(".lora_" in name for name in state) == bool(lora_rank)
    assert bool(first) == (lora_rank == 0)
    again = loaded(tmp_path, lora_rank=lora_rank)
    again_reference = again.reference()
    again.load_state_dict(state)
    again_reference.load_state_dict(first)
    assert torch.equal(logprobs(again, groups), logprobs(policy, groups))
    assert torch.equal(logprobs(again_reference, groups), logprobs(reference, groups))


def test_a_full_reference_is_frozen() -> None:
    policy = tiny.policy()
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    reference, before = policy.reference(), logprobs(policy, groups)
    move(policy, groups)
    assert torch.equal(logprobs(reference, groups), before)
    assert not any(p.requires_grad for p in reference.model.parameters())


@every_architecture
def test_a_reference_in_half_the_memory_says_the_same(architecture: str) -> None:
    policy = replace(tiny.policy(architecture), autocast=True)
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    reference = policy.reference()
    assert torch.equal(logprobs(reference, groups), logprobs(policy, groups))
    kinds = {p.dtype for p in policy.model.parameters()}
    assert kinds == {torch.float32}
    if architecture == "llama":
        halved = [n for n, p in reference.model.named_parameters() if p.dtype == torch.bfloat16]
        assert len(halved) == 7 * policy.model.config.num_hidden_layers


def test_adapters_of_another_rank_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    tiny.save_policy(tmp_path)
    state = loaded(tmp_path, lora_rank=2).state_dict()
    with pytest.raises(UserError, match="another --lora-rank"):
        loaded(tmp_path, lora_rank=4).load_state_dict(state)
    with pytest.raises(UserError, match="other adapters"):
        loaded(tmp_path, lora_rank=2).load_state_dict({})
    with pytest.raises(UserError, match="rank of at least 1"):
        loaded(tmp_path, lora_rank=-1)


def test_without_peft_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.save_policy(tmp_path)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(UserError, match=re.escape(install_hint("lora"))):
        loaded(tmp_path, lora_rank=2)


@every_architecture
def test_recomputed_layers_give_the_same_gradient(architecture: str) -> None:
    policy = tiny.policy(architecture)
    groups = sample_tasks(policy, tiny.tasks(3), 2, SHORT, seed=0)
    found = []
    for recompute in (False, True):
        policy.gradient_checkpointing = recompute
        policy.model.zero_grad()
        scores = score_tokens(policy, groups, 0.9, hidden=True)
        assert scores.hidden_BTH is not None
        (scores.logprobs_BT.sum() + (scores.hidden_BTH**2).sum() / 100).backward()
        grads = {
            n: p.grad.clone() for n, p in policy.model.named_parameters() if p.grad is not None
        }
        found.append((scores, grads))
    (plain, plain_grads), (again, again_grads) = found
    torch.testing.assert_close(plain.logprobs_BT, again.logprobs_BT, atol=1e-4, rtol=1e-4)
    real_BT = plain.mask_BT.bool()
    assert plain.hidden_BTH is not None
    assert again.hidden_BTH is not None
    torch.testing.assert_close(
        plain.hidden_BTH[real_BT], again.hidden_BTH[real_BT], atol=1e-3, rtol=1e-3
    )
    assert plain_grads.keys() == again_grads.keys()
    for name, grad in plain_grads.items():
        torch.testing.assert_close(grad, again_grads[name], atol=2e-3, rtol=2e-3)
    assert not any(m.training for m in policy.model.modules())


def test_recomputing_keeps_less(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tiny.policy("llama")
    groups = sample_tasks(policy, tiny.tasks(3), 2, SHORT, seed=0)
    layer = type(policy.model.model.layers[0].mlp)
    calls: list[int] = []
    forward = layer.forward

    def counted(self: Any, x: torch.Tensor) -> Any:
        calls.append(1)
        return forward(self, x)

    monkeypatch.setattr(layer, "forward", counted)

    def kept() -> int:
        """Bytes that the forward pass leaves for the backward pass; and calls of both."""
        sizes: dict[int, int] = {}

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            sizes[tensor.data_ptr()] = tensor.nbytes
            return tensor

        calls.clear()
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            loss = score_tokens(policy, groups, 1.0).logprobs_BT.sum()
        total = sum(sizes.values())
        loss.backward()
        return total

    plain, plain_calls = kept(), len(calls)
    policy.gradient_checkpointing = True
    recomputed = kept()
    assert plain_calls == 4  # prompts, then completions, in two layers
    assert len(calls) == 4  # both at once, twice, in two layers
    assert recomputed < plain
    calls.clear()
    logprobs(policy, groups)  # nothing to save without a gradient: the prompt is shared
    assert len(calls) == 4


def test_hidden_states_predict_the_tokens() -> None:
    for architecture in ("gpt2", "bart"):
        policy = tiny.policy(architecture)
        groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
        for recompute in (False, True):
            policy.gradient_checkpointing = recompute
            scores = score_tokens(policy, groups, 1.0, hidden=True)
            logits_BTV = policy.model.get_output_embeddings()(scores.hidden_BTH)
            ids = [s.token_ids for g in groups for s in g]
            for row, tokens in enumerate(ids):
                again_T = logits_BTV[row].log_softmax(-1)[range(len(tokens)), list(tokens)]
                torch.testing.assert_close(
                    again_T, scores.logprobs_BT[row, : len(tokens)], atol=1e-4, rtol=1e-4
                )


def test_fine_tuning_adapters(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(6))
    tiny.save_policy(tmp_path / "model")
    config = SftConfig.of(
        model=str(tmp_path / "model"),
        tasks=str(tmp_path / "tasks.jsonl"),
        validation="none",
        out=str(tmp_path / "sft"),
        epochs=40,
        batch_size=6,
        lr=2e-2,
        checkpoint_every=10,
        threads=1,
        device="cpu",
        precision="fp32",
        lora_rank=4,
        gradient_checkpointing=True,
    )
    folder = run_sft(config, Console(quiet=True))
    lines = (tmp_path / "sft" / "metrics.jsonl").read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[-1] < losses[0] - 0.3
    assert not (folder / "model.safetensors").exists()
    policy = load_policy(str(tmp_path / "sft"), device="cpu")
    plain = load_policy(str(tmp_path / "model"), device="cpu")
    assert set(policy.model.state_dict()) == set(plain.model.state_dict())


@every_architecture
def test_drawing_adds_adapters_to_the_weights_and_takes_them_off(
    architecture: str, tmp_path: Path
) -> None:
    policy = loaded(tiny.save_policy(tmp_path / "model", architecture), lora_rank=4)
    for name, parameter in policy.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    given = smallest_input(policy)
    before = {name: value.clone() for name, value in policy.model.state_dict().items()}
    with torch.no_grad(), policy.precision():
        expected = policy.model(**given).logits
        with policy.drawing():
            drawn = policy.model(**given).logits
        again = policy.model(**given).logits
    assert torch.allclose(drawn, expected, atol=1e-4)
    assert torch.equal(again, expected)
    after = policy.model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
