"""`rlcf export`: a folder that transformers loads, and a card with the run's own numbers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import eval_fakes
import tiny
from fake_hub import TOKEN, FakeHub
from rlcf.cli import main
from rlcf.evaluation.score import score_completions
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    tiny.policy().save(made / "policy")
    settings = {"model": "org/base", "lr": 1e-5, "tasks": str(tmp_path), "comparator": None}
    (made / "config.json").write_text(json.dumps(settings))
    versions = {"python": "3.11.7", "packages": {"torch": "2.13.0"}}
    (made / "environment.json").write_text(json.dumps(versions))
    (made / "metrics.jsonl").write_text('{"step": 7, "reward": 0.25, "kl": 0.01}\n')
    return made


def score(path: Path, bad: int) -> None:
    completions = [["BAD"] if i < bad else ["}"] for i in range(6)]
    toolchains = {"java": eval_fakes.FakeToolchain()}
    score_completions(tiny.tasks(), completions, toolchains=toolchains).save(path)


def test_the_folder_loads_and_the_card_has_the_numbers(run: Path, tmp_path: Path) -> None:
    score(run / "before.json", 3)
    score(tmp_path / "mine.json", 0)
    out = tmp_path / "model"
    assert (
        main(["export", str(run), "--out", str(out), "--after", str(tmp_path / "mine.json")]) == 0
    )
    assert load_policy(str(out)).parameters_count > 0
    card = (out / "README.md").read_text()
    assert "base_model: org/base" in card
    assert "| compile_rate | 50.0 % | 100.0 % | 50.0 % |" in card
    assert "| reward | 0.25 |" in card
    assert "| lr | 1e-05 |" in card
    assert "torch 2.13.0" in card
    assert str(tmp_path) not in card  # no paths of this machine
    assert "comparator" not in card


def test_without_measurements_nothing_is_claimed(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--out", str(tmp_path / "model")]) == 0
    assert "## Results" not in (tmp_path / "model" / "README.md").read_text()


def plainly(folder: Path) -> Any:
    """What `transformers` alone writes with the folder."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    inputs = tokenizer(tiny.PROMPT.format(i=1), return_tensors="pt")
    made = model.generate(**inputs, max_new_tokens=8, do_sample=False)
    return made[0, inputs["input_ids"].shape[1] :].tolist()


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_transformers_alone_loads_it_and_writes_the_same(
    run: Path, tmp_path: Path, lora_rank: int
) -> None:
    if lora_rank:
        pytest.importorskip("peft")
    (run / "policy").rename(tmp_path / "base")
    policy = load_policy(str(tmp_path / "base"), lora_rank=lora_rank, precision="fp32")
    torch.manual_seed(0)
    for weights in policy.model.parameters():  # as if trained
        if weights.requires_grad:
            weights.data += 0.3 * torch.randn_like(weights)
    policy.save(run / "policy")
    out = tmp_path / "model"
    assert main(["export", str(run), "--out", str(out)]) == 0
    assert not list(out.glob("adapter*"))
    greedy = SamplingConfig(0.0, None, 8)
    [[sample]] = sample_tasks(policy, tiny.tasks()[1:2], 1, greedy, seed=0)
    written = plainly(out)
    assert written[: len(sample.token_ids)] == list(sample.token_ids)
    assert written != plainly(tiny.save_policy(tmp_path / "untrained"))


def test_uploading_speaks_the_hubs_protocol(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeHub().serving() as hub:
        command = [sys.executable, "-m", "rlcf.cli", "export", str(run)]
        command += ["--push", "me/it", "--public", "--out"]
        own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hub"), "HF_TOKEN": TOKEN}
        own["HF_HUB_OFFLINE"] = "0"
        out = tmp_path / "model"
        subprocess.run([*command, str(out)], env={**os.environ, **own}, check=True)
        assert hub.created[0]["name"] == "it"
        assert hub.created[0]["organization"] == "me"
        assert not hub.created[0].get("private")
        assert hub.files == {p.name: p.read_bytes() for p in out.iterdir()}
        assert b"# model" in hub.files["README.md"]
        refused = subprocess.run(
            [*command, str(tmp_path / "again")],
            env={**os.environ, **own, "HF_TOKEN": "hf_wrong"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode == 2
        assert "hf auth login" in refused.stderr
        assert (tmp_path / "again" / "config.json").is_file()


@pytest.mark.parametrize("lora_rank", [0, 2])
def test_the_card_of_an_encoder_decoder_says_so(run: Path, tmp_path: Path, lora_rank: int) -> None:
    if lora_rank:
        pytest.importorskip("peft")
    shutil.rmtree(run / "policy")
    base = tiny.save_policy(tmp_path / "base", "t5")
    load_policy(str(base), lora_rank=lora_rank).save(run / "policy")
    assert main(["export", str(run), "--out", str(tmp_path / "model")]) == 0
    card = (tmp_path / "model" / "README.md").read_text()
    assert "pipeline_tag: text2text-generation" in card
    assert "AutoModelForSeq2SeqLM" in card


def test_what_is_missing_is_said(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), "--out", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["export", str(run), "--out", str(tmp_path / "m"), "--best"]) == 2
    assert "holds no model" in capsys.readouterr().err
