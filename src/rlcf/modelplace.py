"""What `--model` names: where its files are, and whether they are whole.

A name on the hub or a short name of ours, a folder of transformers, a GGUF file, a run directory
(its policy/), or a folder of adapters (LoRA) with the model that they belong to. Tells these apart,
says in one line what is wrong with anything else, and opens every file of a folder. Loads nothing
and imports no torch.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.text import first_line

ADAPTER = "adapter_config.json"
SHORT = {
    "smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "smollm2-360m": "HuggingFaceTB/SmolLM2-360M-Instruct",
    "qwen2.5-coder-0.5b": "Qwen/Qwen2.5-Coder-0.5B-Instruct",
    "qwen2.5-coder-1.5b": "Qwen/Qwen2.5-Coder-1.5B-Instruct",
    "mpnet": "sentence-transformers/all-mpnet-base-v2",
    "minilm": "sentence-transformers/all-MiniLM-L6-v2",
    "codebert": "microsoft/codebert-base",
}
"""Short names of models on the hub; a folder of that name goes before."""
MODELS = "RLCF_MODELS"
"""Environment variable: a folder where the models are looked for that adapters belong to."""
_INDEX = "model.safetensors.index.json"
_LARGE = 80_000_000
"""Bytes of weights, half the number of parameters or less."""


@dataclass(frozen=True)
class Place:
    """Where a model is."""

    model: str
    """A folder of transformers, a GGUF file, or a name of the hub."""
    adapter: str | None = None
    """A folder of adapters to be put on it."""

    @property
    def tokenizer(self) -> str:
        """Where its tokenizer is: beside the adapters, if they have one of their own."""
        if self.adapter is not None and (Path(self.adapter) / "tokenizer_config.json").is_file():
            return self.adapter
        return self.model


def locate(name: str, what: str = "model") -> Place:
    """What a name means; errors call it `what`.

    Raises:
        UserError: nothing is there, no model is, or a file of it is damaged.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return _in_folder(path)
    if name.endswith(".gguf") and (path.is_file() or ":" in name):
        return Place(str(path) if path.is_file() else name)
    if path.exists():
        raise UserError(
            f"{name} is a file, but not a GGUF file: give the folder that holds the model"
        )
    if _is_path(name):
        raise UserError(f"no {what} folder at {name}: there is no such folder")
    return Place(SHORT.get(name, name))


def is_large(name: str) -> bool:
    """Whether a model has hundreds of megabytes of weights, as far as its name and files tell.

    A name of the hub counts as large, one that `locate` refuses as small.
    """
    if name.split("-")[0] == "embedded":
        return False
    try:
        path = Path(locate(name).model)
    except UserError:
        return False
    files = path.glob("*.safetensors") if path.is_dir() else (path,)
    return not path.exists() or sum(file.stat().st_size for file in files) > _LARGE


def how_to_get(name: str, *, file: bool = True) -> str:
    """What to do where the hub does not give a model that was asked for by name.

    `file`: whether a GGUF file would do.
    """
    what = "config.json, the tokenizer's files and model.safetensors"
    also = ", or a GGUF file of it" if file else ""
    return (
        f"where the hub cannot be reached, fetch {what} of {name} elsewhere and give their folder"
        f"{also} in place of the name"
    )


def check_files(folder: Path) -> None:
    """Open every file of a model folder that a loader would.

    Raises:
        UserError: one is missing or damaged.
    """
    for file in sorted(folder.glob("*.json")):
        _read_json(file)
    shards = _read_json(folder / _INDEX).get("weight_map", {}) if _has(folder, _INDEX) else {}
    for name in sorted({*shards.values()}):
        if not (folder / name).is_file():
            raise UserError(f"{folder} is incomplete: {name}, a part of the weights, is missing")
    for file in sorted(folder.glob("*.safetensors")):
        _open_weights(file)


def _in_folder(path: Path) -> Place:
    if "model_type" in (_read_json(path / "config.json") if _has(path, "config.json") else {}):
        check_files(path)
        return Place(str(path))
    if _has(path, ADAPTER):
        check_files(path)
        base = _read_json(path / ADAPTER).get("base_model_name_or_path")
        if not base:
            raise UserError(f"{path / ADAPTER} does not name the model that its adapters are for")
        return Place(_base_of(path, str(base)), str(path))
    if _has(path, "policy/config.json") or _has(path, f"policy/{ADAPTER}"):
        return _in_folder(path / "policy")
    raise UserError(_why_none(path))


def _base_of(adapter: Path, named: str) -> str:
    """Where the model is that adapters are for: a path or file may have moved to RLCF_MODELS."""
    base, models = named, os.environ.get(MODELS)
    if (_is_path(named) or named.endswith(".gguf")) and not Path(named).expanduser().exists():
        base = str(Path(models or ".") / Path(named).name)
        if not Path(base).exists():
            raise UserError(
                f"no model at {named}, which the adapters in {adapter} are for: name the folder "
                f"that holds {Path(named).name} in the environment variable {MODELS}, or say where "
                f"it is in base_model_name_or_path of {adapter / ADAPTER}"
            )
    itself = Path(base).expanduser().resolve() == adapter.resolve()
    place = None if itself else locate(base)
    if place is None or place.adapter is not None:
        raise UserError(
            f"the adapters in {adapter} are for {base}, which is adapters too: make one model of "
            f"those first (rlcf merge {base} --out FOLDER)"
        )
    return place.model


def _why_none(path: Path) -> str:
    if _has(path, "metrics.jsonl") or _has(path, "checkpoints"):
        best = f", or take {path / 'best'}, the best so far" if _has(path, "best") else ""
        return f"the run in {path} has no policy/ yet: finish it with --resume{best}"
    files = sorted(path.glob("*.gguf"))
    if files:
        return f"the folder {path} holds GGUF files: name one of them, such as {files[0]}"
    return f"the folder {path} holds no model: there is no config.json of one in it"


def _is_path(name: str) -> bool:
    """Whether this cannot be a name of the hub, which has one slash at most, inside."""
    return name.startswith((".", "/", "~")) or name.endswith("/") or name.count("/") > 1


def _has(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} is damaged: {first_line(str(error))}; copy it again") from error
    return found if isinstance(found, dict) else {}


def _open_weights(file: Path) -> None:
    """Read a file's table of contents, which must end where the file does."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np"):
            pass
    except (SafetensorError, OSError) as error:
        raise UserError(f"{file} is damaged: {first_line(str(error))}; copy it again") from error
