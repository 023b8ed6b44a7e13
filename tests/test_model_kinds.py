"""`--model`: names, folders, runs, adapters and GGUF files are told apart; the rest is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

import tiny
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.modelplace import Place, check_files, is_large, locate
from rlcf.policy.lora import add_lora, merged_state
from rlcf.policy.model import load_policy

pytestmark = pytest.mark.in_process

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save_policy(tmp_path_factory.mktemp("models") / "plain")


@pytest.fixture
def run(model: Path, tmp_path: Path) -> Path:
    made = tmp_path / "run"
    shutil.copytree(model, made / "policy")
    settings = {"model": "org/base", "tasks": "tasks.jsonl", "lr": 1e-5}
    (made / "config.json").write_text(json.dumps(settings))
    (made / "environment.json").write_text('{"python": "3.11.7", "packages": {}}')
    (made / "metrics.jsonl").write_text('{"step": 1, "reward": 0.25}\n')
    return made


@pytest.fixture
def adapter(model: Path, tmp_path: Path) -> Path:
    pytest.importorskip("peft", reason="peft is not installed")
    adapted = add_lora(load_policy(str(model), device="cpu").model, 2)
    generator = torch.Generator().manual_seed(0)
    for name, value in adapted.named_parameters():
        if ".lora_" in name:
            value.data = torch.randn(value.shape, generator=generator) / 10
    adapted.save_pretrained(tmp_path / "adapter")
    torch.save(merged_state(adapted), tmp_path / "expected.pt")
    return tmp_path / "adapter"


def test_a_hub_name_is_left_alone() -> None:
    assert locate("org/model") == Place("org/model")
    assert locate("gpt2") == Place("gpt2")
    assert locate("org/model:file.gguf") == Place("org/model:file.gguf")


@pytest.mark.parametrize("name", ["smollm2", "qwen2.5-coder-0.5b", "mpnet", "minilm", "codebert"])
def test_a_short_name_is_a_hub_name_unless_there_is_such_a_folder(
    name: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = locate(name).model
    assert found.count("/") == 1
    shutil.copytree(model, name)
    assert locate(name).model == name


def test_a_hub_that_gives_nothing_is_one_line_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert main(["generate", "--model", "smollm2", "--prompt", "class A {"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "safetensors of HuggingFaceTB/SmolLM2-135M-Instruct elsewhere" in line
    assert line.endswith("or a GGUF file of it in place of the name")


def test_a_run_is_its_policy(run: Path, model: Path) -> None:
    assert locate(str(run)) == Place(str(run / "policy"))
    ours, theirs = (load_policy(str(p)).model.state_dict() for p in (run, model))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_adapters_are_merged_into_their_model(adapter: Path) -> None:
    policy = load_policy(str(adapter), device="cpu", precision="fp32")
    expected = torch.load(adapter.parent / "expected.pt", weights_only=True)
    found = policy.model.state_dict()
    assert found.keys() == expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name])
    assert policy.name == str(adapter)


def test_adapters_of_another_model_are_told(adapter: Path, tmp_path: Path) -> None:
    file = adapter / "adapter_config.json"
    config = json.loads(file.read_text())
    other = tiny.save_policy(tmp_path / "other", "gpt2")
    file.write_text(json.dumps(config | {"base_model_name_or_path": str(other)}))
    with pytest.raises(UserError, match="do not fit their model"):
        load_policy(str(adapter), device="cpu")
    gone = str(tmp_path / "gone" / "away")
    file.write_text(json.dumps(config | {"base_model_name_or_path": gone}))
    with pytest.raises(UserError, match=f"no model at {gone}.* environment variable RLCF_MODELS"):
        load_policy(str(adapter), device="cpu")


def test_a_base_is_found_in_the_folder_of_models(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = adapter / "adapter_config.json"
    config = json.loads(file.read_text())
    base = Path(config["base_model_name_or_path"])
    moved = shutil.copytree(base, tmp_path / "models" / "base")
    file.write_text(json.dumps(config | {"base_model_name_or_path": "/no/such/folder/base"}))
    monkeypatch.setenv("RLCF_MODELS", str(moved.parent))
    assert locate(str(adapter)).model == str(moved)
    monkeypatch.setenv("RLCF_MODELS", str(moved))
    with pytest.raises(UserError, match="no model at"):
        locate(str(adapter))


@pytest.mark.parametrize("name", ["nosuchdir/", "./nosuchdir", "/no/such/dir", "a/b/c"])
def test_a_folder_that_is_not_there(name: str, capsys: Capture) -> None:
    assert main(["generate", "--model", name, "--prompt", "class A {"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"rlcf: error: no model folder at {name}: there is no such folder"


def test_what_holds_no_model_says_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no config\.json of one in it"):
        locate(str(tmp_path))
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    with pytest.raises(UserError, match=r"GGUF files: name one of them, such as .*small\.gguf"):
        locate(str(tmp_path))
    (tmp_path / "metrics.jsonl").write_text("")
    with pytest.raises(UserError, match=r"no policy/ yet: finish it with --resume$"):
        locate(str(tmp_path))
    (tmp_path / "best").mkdir()
    with pytest.raises(UserError, match=r"or take .*best, the best so far"):
        locate(str(tmp_path))
    (tmp_path / "weights.pt").write_bytes(b"")
    with pytest.raises(UserError, match="is a file, but not a GGUF file"):
        locate(str(tmp_path / "weights.pt"))


FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("size", [0, 0.5, 0.99])
def test_a_damaged_file_is_named_by_whatever_opens_it(
    file: str, size: float, run: Path, tmp_path: Path, capsys: Capture
) -> None:
    broken, out = run / "policy" / file, tmp_path / "out"
    data = broken.read_bytes()
    broken.write_bytes(data[: int(size * len(data))])
    task = {"task_id": "t", "language": "python", "prompt": "x = ", "canonical_solution": "1\n"}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(task))
    tasks = ["--tasks", str(tmp_path / "tasks.jsonl"), "--out", str(out)]
    for command in (
        ["export", str(run), "--out", str(out)],
        ["merge", str(run), str(run), "--out", str(out)],
        ["generate", "--model", str(run), *tasks],
        ["sft", "--model", str(run / "policy"), *tasks, "--validation", "none"],
    ):
        assert main(command) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert line.startswith(f"rlcf: error: {broken} is damaged: "), command
        assert not out.exists()
    assert not list(tmp_path.glob(".*"))


def test_a_missing_part_of_the_weights_is_named(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    load_policy(str(model)).model.save_pretrained(folder, max_shard_size="50KB")
    check_files(folder)
    parts = sorted(folder.glob("model-*.safetensors"))
    assert len(parts) > 1
    parts[1].unlink()
    with pytest.raises(UserError, match=f"{parts[1].name}, a part of the weights, is missing"):
        locate(str(folder))


def test_large_models_are_told_by_name_and_files(model: Path, tmp_path: Path) -> None:
    assert is_large("smollm2")
    assert is_large("org/model")
    assert not is_large("embedded")
    assert not is_large("embedded-python")
    assert not is_large(str(model))
    assert not is_large(str(tmp_path / "nothing"))
    with (tmp_path / "model.gguf").open("wb") as file:
        file.truncate(90_000_000)
    assert is_large(str(tmp_path / "model.gguf"))
