"""Adapters on disk as PEFT has them: their own weights, and the model that they are for by name.

A folder holds `adapter_model.safetensors`, `adapter_config.json` and our `base.json`, with the
checksum of the base's weights: adapters on other weights would write nonsense without a word. Plain
adapters are put beside their base's weights, as they were trained; others are merged. `modelplace`
finds the base.
"""

from __future__ import annotations

import copy
import hashlib
import json
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.policy import lora
from rlcf.text import first_line

_BASE = "base.json"


@dataclass(frozen=True)
class Base:
    """The model that adapters are for."""

    name: str
    """Name of the hub, or full path of a folder or GGUF file."""

    @classmethod
    def at(cls, place: str) -> Base:
        """Of a place that `modelplace` found."""
        return cls(str(Path(place).resolve()) if Path(place).exists() else place)

    @cached_property
    def sha256(self) -> str | None:
        """Of its weights' files, one after another by name; None if they are the hub's."""
        place = Path(self.name)
        if not place.exists():
            return None
        kinds = ("*.safetensors", "pytorch_model*.bin")
        within = (file for kind in kinds for file in sorted(place.glob(kind)))
        files = [place] if place.is_file() else list(within)
        found = hashlib.sha256()
        for file in files:
            with file.open("rb") as data:
                while block := data.read(1 << 22):
                    found.update(block)
        return found.hexdigest()


def save_adapter(model: Any, folder: Path, base: Base, *, half: bool = False) -> None:
    """Write the adapters of a model; `half` stores them as float16."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    config = copy.copy(model.peft_config[model.active_adapter])
    config.base_model_name_or_path, config.inference_mode = base.name, True
    config.target_modules = sorted(config.target_modules)
    config.revision = getattr(model.config, "_commit_hash", None)
    two_sided = getattr(model.config, "is_encoder_decoder", False)
    config.task_type = "SEQ_2_SEQ_LM" if two_sided else "CAUSAL_LM"
    config.save_pretrained(folder)
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    state = {
        name: value.detach().to("cpu", torch.float16 if half else value.dtype).contiguous()
        for name, value in state.items()
    }
    save_file(state, folder / "adapter_model.safetensors", {"format": "pt"})
    described = {"name": base.name, "sha256": base.sha256}
    (folder / _BASE).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def with_adapter(model: Any, folder: str, base: Base, *, merged: bool) -> Any:
    """A base with the adapters of a folder.

    Plain adapters stay beside the weights unless `merged`: a sum in bfloat16 would lose small steps
    of training. Others, such as those with scales of their own, are merged in any case; the model
    should be in fp32 then.

    Raises:
        UserError: the package is missing, or the adapters are not for this model.
    """
    try:
        from peft import PeftConfig, PeftModel
    except ImportError as error:
        raise UserError(
            f"{folder} holds adapters, which need peft: {install_hint('lora')}"
        ) from error
    _check_sum(folder, base)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of adapters that found no place
            config = PeftConfig.from_pretrained(folder)
            config.task_type = None  # the wrapper that training has
            adapted = PeftModel.from_pretrained(model, folder, config=config)
            if merged or not lora.is_plain(adapted):
                return adapted.merge_and_unload()
    except (RuntimeError, ValueError, KeyError, TypeError, OSError, UserWarning) as error:
        reason = first_line(str(error)) or type(error).__name__
        raise UserError(f"the adapters in {folder} do not fit their model: {reason}") from error
    return lora.prepared(adapted)


def stays_apart(folder: str) -> bool:
    """Whether adapters in a folder are of the kind that can stay beside bfloat16 weights."""
    config = json.loads((Path(folder) / "adapter_config.json").read_text(encoding="utf-8"))
    more = ("use_dora", "lora_bias", "modules_to_save", "trainable_token_indices")
    return (
        config.get("peft_type") == "LORA"
        and config.get("bias", "none") == "none"
        and not any(config.get(name) for name in more)
    )


def _check_sum(folder: str, base: Base) -> None:
    file = Path(folder) / _BASE
    if not file.is_file():
        return
    known = json.loads(file.read_text(encoding="utf-8")).get("sha256")
    if known is not None and base.sha256 is not None and known != base.sha256:
        raise UserError(
            f"the adapters in {folder} are for other weights than those in {base.name}: their "
            f"SHA-256 is not {known}"
        )
