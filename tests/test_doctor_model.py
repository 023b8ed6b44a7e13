"""`rlcf doctor --model`: what a model is, and a forecast of a step that is measured on it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from rlcf import cli
from rlcf.cli import doctor_model
from rlcf.device import memory_held, memory_of, memory_peak
from rlcf.modelplace import Place
from rlcf.policy.completion import Batch
from rlcf.policy.model import Policy
from rlcf.tasks import write_tasks
from rlcf.training import forecast as module
from rlcf.training.config import TrainConfig
from rlcf.training.forecast import Forecast, forecast, resting_bytes
from rlcf.training.update import Learner

Capture = pytest.CaptureFixture[str]
REAL = sorted(Path(os.environ.get("RLCF_MODELS", "no-such-folder")).glob("*.gguf"))
SMALL = TrainConfig.of(
    model="tiny", prompts_per_step=2, samples_per_prompt=3, max_new_tokens=12, precision="fp32"
)
FLAGS = "--prompts-per-step 2 --samples-per-prompt 3 --max-new-tokens 12 --precision fp32"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save_policy(tmp_path_factory.mktemp("model") / "policy")


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("tasks") / "tasks.jsonl"
    write_tasks(file, tiny.tasks(6))
    return str(file)


def examined(capsys: Capture, *args: object) -> tuple[int, dict[str, str]]:
    """Exit code, and each line's mark and words by what it is about."""
    code = cli.main(["doctor", *map(str, args)])
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    return code, {line[6:16].strip(): line[:6].strip() + " " + line[18:] for line in lines}


def test_a_folder_is_described_and_measured(folder: Path, tasks: str, capsys: Capture) -> None:
    code, said = examined(capsys, "--model", folder, "--tasks", tasks, *FLAGS.split())
    assert code == 0
    count = tiny.policy().parameters_count
    assert said["model"] == f"ok {folder}: a folder; LlamaForCausalLM"
    assert said["weights"].startswith(f"ok {count / 1e6:.1f} M parameters; ")
    assert said["weights"].endswith("in memory (float32); all are trained")
    assert "6 prompts and 6 references" in said["tokenizer"]
    assert "references are longer than --max-new-tokens 12" in said["length"]
    assert "2 x 3 programs" in said["step"]
    assert {"drawing", "update", "memory"} <= set(said)


def test_what_cannot_be_held_is_told_before_it_is_loaded(
    folder: Path, tasks: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    count = tiny.policy().parameters_count
    monkeypatch.setattr(doctor_model, "memory_of", lambda device: 19 * count)
    monkeypatch.setattr("rlcf.policy.config.ModelConfig.load", never)
    args = ["--model", folder, "--tasks", tasks, *FLAGS.split()]
    code, said = examined(capsys, *args)
    assert code == 1
    assert said["memory"].startswith("FAIL")
    assert "--lora-rank 16" in said["memory"]
    monkeypatch.setattr(doctor_model, "memory_of", lambda device: 3 * count)
    code, said = examined(capsys, *args, "--lora-rank", "2")
    assert code == 1
    assert "a smaller model" in said["memory"]


def test_a_step_that_does_not_fit_names_the_setting_to_lower(
    folder: Path, tasks: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(doctor_model, "memory_of", lambda device: 1 << 20)
    args = ["--model", folder, "--tasks", tasks, *FLAGS.split(), "--lora-rank", "2"]
    code, said = examined(capsys, *args)
    assert code == 1
    assert said["memory"].startswith("FAIL")
    assert "--gradient-checkpointing" in said["memory"]


@pytest.mark.parametrize(
    ("settings", "cache", "words"),
    [
        ({}, 1, "--lora-rank 16"),
        ({"lora_rank": 4}, 9, "--samples-per-prompt"),
        ({"lora_rank": 4}, 1, "--gradient-checkpointing"),
        ({"lora_rank": 4, "gradient_checkpointing": True}, 1, "lower --max-new-tokens"),
    ],
)
def test_which_setting_to_lower(settings: dict[str, Any], cache: int, words: str) -> None:
    found = Forecast(1.0, 1.0, held=1, cache=cache, passes=5, loading=1)
    assert words in doctor_model._less(SMALL.but(**settings), found)


def test_names_of_all_kinds(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.touch()
    for name, place, words in [
        ("embedded", Place("x"), "comes with rlcf"),
        ("a", Place("base", "a"), "adapters on base"),
        (str(file), Place(str(file)), "a GGUF file"),
        ("org/m:m.gguf", Place("org/m:m.gguf"), "of a repository on the hub"),
        ("smollm2", Place("org/smollm2"), "org/smollm2: on the hub"),
        (str(folder.parent), Place(str(folder)), "the policy of a run"),
    ]:
        assert doctor_model._what(name, place).endswith(words)


def test_what_is_no_model_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    code, said = examined(capsys, "--model", tmp_path)
    assert code == 1
    assert said["model"].startswith("FAIL")
    assert "holds no model" in said["model"]
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "config.json").write_text(json.dumps({"model_type": "clip_vision_model"}))
    code, said = examined(capsys, "--model", encoder)
    assert code == 1
    assert "not a language model" in said["model"]


def test_a_tokenizer_that_loses_texts_is_named(
    folder: Path, tasks: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(doctor_model, "unreadable", lambda policy, tasks: tasks[:2])
    args = ["--model", folder, "--tasks", tasks, *FLAGS.split()]
    code, said = examined(capsys, *args)
    assert code == 0
    assert said["tokenizer"].startswith("note")
    assert "2 of 6 prompts and 0 of 6 references" in said["tokenizer"]
    monkeypatch.setattr(doctor_model, "unreadable", lambda policy, tasks: tasks)
    monkeypatch.setattr(doctor_model, "unwritable", lambda policy, tasks: tasks)
    code, said = examined(capsys, *args)
    assert code == 1
    assert said["tokenizer"].startswith("FAIL")


@pytest.mark.parametrize("architecture", ["llama", "codegen", "t5", "bart"])
@pytest.mark.parametrize("algorithm", ["rloo", "ppo"])
def test_every_architecture_is_measured(architecture: str, algorithm: Any) -> None:
    config = SMALL.but(algorithm=algorithm, max_new_tokens=1)
    found = forecast(config, tiny.policy(architecture), tiny.tasks(2))
    assert found.drawing > 0
    assert found.update > 0
    assert found.memory >= found.held + found.cache


def test_the_cache_of_a_batch_is_what_it_holds() -> None:
    policy, given = tiny.policy("llama"), tiny.tasks(1)
    length = len(policy.prompt_ids(given[0]))
    tokens = SMALL.prompts_per_step * (
        length + SMALL.samples_per_prompt * SMALL.sampling.max_new_tokens
    )
    keys_and_values = 2 * 2 * 2 * 8 * 4  # in 2 layers, of 2 heads with 8 numbers of 4 bytes
    assert forecast(SMALL, policy, given).cache == tokens * keys_and_values


def test_an_update_by_itself_is_told_from_its_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(policy: Policy, work: Callable[[], Any]) -> tuple[float, Any]:
        batch: Batch = work.args[1]  # type: ignore[attr-defined]
        [group] = batch.groups
        return 5.0 + 0.5 * (len(group[0].prompt_ids) + sum(len(s.token_ids) for s in group)), None

    monkeypatch.setattr(module, "_timed", timed)
    policy = tiny.policy()
    size = module._Size.of(SMALL, policy, tiny.tasks(2))
    assert module._update(Learner(SMALL, policy), size) == pytest.approx((5.0, 0.5))
    longer = SMALL.but(reference_coef=0.1, reference_batch=7)
    more = size.learnt(longer) - size.learnt(SMALL)
    assert more == pytest.approx(7 * (size.prompt + size.reference))


@pytest.mark.parametrize("average", [None, 1])
def test_resting_bytes_are_those_that_a_learner_holds(average: int | None) -> None:
    config = SMALL.but(average_from=average)
    learner = Learner(config, tiny.policy())
    for weight in learner.parameters:
        weight.grad = torch.zeros_like(weight)
    learner.optimizer.step()
    if average:
        learner.average.collect()
    held: list[Any] = [*learner.parameters, *(w.grad for w in learner.parameters)]
    held += learner.average.mean
    held += learner.reference.model.parameters()
    held += [t for s in learner.optimizer.state.values() for t in (s["exp_avg"], s["exp_avg_sq"])]
    count = learner.policy.parameters_count
    assert resting_bytes(config, count, half=False) == sum(t.nbytes for t in held)
    assert resting_bytes(config.but(lora_rank=4), count, half=True) == 2 * count


def test_memory_of_this_process() -> None:
    cpu = torch.device("cpu")
    assert 0 < memory_held(cpu) < memory_of(cpu)
    assert 0 < memory_peak(cpu) < memory_of(cpu)


@pytest.mark.skipif(not REAL, reason="no GGUF files in the folder that RLCF_MODELS names")
@pytest.mark.slow
@pytest.mark.parametrize("file", REAL[-1:], ids=lambda f: f.name)
def test_a_real_model_is_described_and_measured(file: Path, capsys: Capture) -> None:
    args = "--lora-rank 8 --prompts-per-step 2 --samples-per-prompt 2 --max-new-tokens 64"
    code, said = examined(capsys, "--model", file, *args.split())
    assert code == 0
    assert "a GGUF file" in said["model"]
    assert "bits each" in said["weights"]
    assert said["weights"].endswith("M of adapters are trained")
    assert "survive it" in said["tokenizer"]
