"""Folders of adapters: small, for their base alone, and the same model as in training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import tiny
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.policy.completion import Completion
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks

pytestmark = pytest.mark.in_process

pytest.importorskip("peft", reason="peft is not installed")
SHORT = SamplingConfig(max_new_tokens=16)


def trained(folder: Path, precision: str, size: float, architecture: str = "llama") -> Policy:
    """A policy whose adapters are that far from where they began."""
    tiny.save_policy(folder, architecture)
    policy = load_policy(str(folder), device="cpu", precision=precision, lora_rank=2)
    generator = torch.Generator().manual_seed(0)
    for name, value in policy.model.named_parameters():
        if ".lora_B" in name:
            value.data = size * torch.randn(value.shape, generator=generator)
    return policy


def scored(policy: Policy, groups: list[list[Completion]]) -> torch.Tensor:
    with torch.no_grad():
        return score_tokens(policy, groups, 1.0).logprobs_BT


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "t5"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_loaded_is_what_was_trained(
    precision: str, architecture: str, tmp_path: Path
) -> None:
    """A small step, too: merged into bfloat16 weights it would be lost."""
    policy = trained(tmp_path / "base", precision, 1e-4, architecture)
    policy.save(tmp_path / "run" / "policy")
    again = load_policy(str(tmp_path / "run"), device="cpu", precision=precision, trained=False)
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    assert torch.equal(scored(again, groups), scored(policy, groups))
    drawn = sample_tasks(again, tiny.tasks(2), 2, SHORT, seed=0)
    assert [[s.token_ids for s in g] for g in drawn] == [[s.token_ids for s in g] for g in groups]
    assert again.model.dtype == policy.model.dtype
    ours, theirs = again.state_dict(), policy.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_folder_holds_adapters_alone_and_names_its_base(tmp_path: Path) -> None:
    policy = trained(tmp_path / "base", "fp32", 0.1)
    policy.save(tmp_path / "adapters")
    size = sum(v.nbytes for v in policy.state_dict().values())
    assert (tmp_path / "adapters" / "adapter_model.safetensors").stat().st_size < 2 * size
    config = json.loads((tmp_path / "adapters" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str((tmp_path / "base").resolve())
    assert config["target_modules"] == sorted(config["target_modules"])
    described = json.loads((tmp_path / "adapters" / "base.json").read_text())
    assert len(described["sha256"]) == 64
    policy.save(tmp_path / "half", half=True)
    whole, half = (
        (tmp_path / name / "adapter_model.safetensors").stat().st_size
        for name in ("adapters", "half")
    )
    assert half < 0.8 * whole
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    again = load_policy(str(tmp_path / "half"), device="cpu", precision="fp32", trained=False)
    torch.testing.assert_close(scored(again, groups), scored(policy, groups), atol=1e-2, rtol=1e-2)


def test_peft_alone_loads_it(tmp_path: Path) -> None:
    from peft import AutoPeftModelForCausalLM

    policy = trained(tmp_path / "base", "fp32", 0.5)
    policy.save(tmp_path / "adapters")
    model = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "adapters").eval()
    ids_BL = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        found, wanted = model(input_ids=ids_BL).logits, policy.model(input_ids=ids_BL).logits
    torch.testing.assert_close(found, wanted)


def test_a_base_that_has_changed_is_told(tmp_path: Path) -> None:
    trained(tmp_path / "base", "fp32", 0.1).save(tmp_path / "adapters")
    changed = tiny.policy("llama", seed=1)
    changed.save(tmp_path / "base")
    with pytest.raises(UserError, match="are for other weights than those in"):
        load_policy(str(tmp_path / "adapters"), device="cpu")


def test_adapters_on_adapters_are_told(tmp_path: Path) -> None:
    trained(tmp_path / "base", "fp32", 0.1).save(tmp_path / "adapters")
    file = tmp_path / "adapters" / "adapter_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"base_model_name_or_path": str(tmp_path / "adapters")}))
    with pytest.raises(UserError, match="which is adapters too"):
        load_policy(str(tmp_path / "adapters"), device="cpu")


def test_new_adapters_on_a_run_with_adapters_are_saved_merged(tmp_path: Path) -> None:
    first = trained(tmp_path / "base", "bf16", 1e-4)
    first.save(tmp_path / "first")
    second = load_policy(str(tmp_path / "first"), device="cpu", precision="bf16", lora_rank=2)
    second.save(tmp_path / "second")
    merged = load_policy(str(tmp_path / "first"), device="cpu").model.state_dict()
    found = load_policy(str(tmp_path / "second"), device="cpu").model.state_dict()
    assert all(torch.equal(found[name], merged[name]) for name in merged)


def test_merge_makes_one_model_of_it(tmp_path: Path) -> None:
    policy = trained(tmp_path / "base", "fp32", 0.1)
    policy.save(tmp_path / "run" / "policy")
    assert main(["merge", str(tmp_path / "run"), "--out", str(tmp_path / "merged")]) == 0
    assert (tmp_path / "merged" / "model.safetensors").is_file()
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=0)
    merged = load_policy(str(tmp_path / "merged"), device="cpu", precision="fp32")
    torch.testing.assert_close(scored(merged, groups), scored(policy, groups), atol=1e-4, rtol=1e-4)
