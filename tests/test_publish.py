"""Adapters for committing: half the size, found on their base wherever that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from experiments.pretrained.publish import Args, main
from rlcf.errors import UserError
from rlcf.policy.model import load_policy

pytestmark = pytest.mark.in_process

pytest.importorskip("peft", reason="peft is not installed")


def test_published_adapters_load_on_their_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tiny.save_policy(tmp_path / "models" / "base", "llama")
    policy = load_policy(str(base), device="cpu", precision="fp32", lora_rank=2)
    for name, value in policy.model.named_parameters():
        if ".lora_B" in name:
            value.data.fill_(0.5)
    policy.save(tmp_path / "run" / "policy")
    arm: dict[str, Any] = {"model": "./base", "sha256": "abc", "chat": "off", "stop": "method"}
    arm |= {"temperature": 0.2, "compile_rate": {"mean": 0.5, "low": 0.4, "high": 0.6}}
    result = tmp_path / "pretrained_toy.json"
    result.write_text(json.dumps({"tiny": {"base": arm, "rlcf": arm}}))
    args = Args(tmp_path / "run" / "policy", result, "tiny/rlcf", tmp_path / "published")
    main(args)
    trained = load_policy(str(tmp_path / "run"), device="cpu", precision="fp32")
    base.parent.rename(tmp_path / "moved")
    monkeypatch.setenv("RLCF_MODELS", str(tmp_path / "moved"))
    found = load_policy(str(args.out), device="cpu", precision="fp32")
    expected = trained.model.state_dict()
    for name, value in found.model.state_dict().items():
        torch.testing.assert_close(value, expected[name], atol=1e-3, rtol=1e-3)
    card = (args.out / "README.md").read_text()
    assert "| rlcf | 50.0 (40.0 to 60.0) |" in card
    assert "--stop method --temperature 0.2" in card
    with pytest.raises(UserError, match="holds no adapters"):
        main(Args(tmp_path, result, "tiny/rlcf", tmp_path / "other"))
