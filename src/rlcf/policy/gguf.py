"""GGUF files as models: read by transformers, which turns their blocks into plain weights.

Reads a file on disk or of a hub repository (`repo:file.gguf`), and the output layer, which
llama.cpp stores again in blocks of its own where the model has only one matrix for both ends.
Writes no GGUF.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from rlcf.errors import UserError
from rlcf.install import install_hint

ALIKE = 0.15
"""Relative difference up to which two matrices are one that was stored in two ways. Four bits a
weight make about a tenth; matrices of their own differ by more than 1."""


def split_name(name: str) -> tuple[str, dict[str, str]]:
    """What `from_pretrained` is to be given for this name: where to look, and the options.

    Raises:
        UserError: it is a GGUF file, and the package that reads those is missing.
    """
    if not name.endswith(".gguf"):
        return name, {}
    if find_spec("gguf") is None:
        raise UserError(f"{name}: GGUF files need the package gguf: {install_hint('gguf')}")
    if Path(name).is_file():
        return str(Path(name).parent), {"gguf_file": Path(name).name}
    repository, colon, file = name.rpartition(":")
    if not colon:
        raise UserError(f"no file at {name} (a file of a hub repository is repo:file.gguf)")
    return repository, {"gguf_file": file}


def weights_options(options: dict[str, str]) -> dict[str, Any]:
    """Further options for the weights: as plain numbers, not as the file's blocks."""
    if not options:
        return {}
    from transformers import GgufConfig

    return {"quantization_config": GgufConfig(dequantize=True)}


def tie(model: Any) -> None:
    """Make one matrix of input and output embeddings that were one before the file was written.

    The output layer's is taken: it is stored in more bits.
    """
    inputs, outputs = model.get_input_embeddings(), model.get_output_embeddings()
    if inputs.weight is outputs.weight or inputs.weight.shape != outputs.weight.shape:
        return
    rows = slice(0, len(inputs.weight), max(1, len(inputs.weight) // 1000))
    one, other = inputs.weight[rows].detach().float(), outputs.weight[rows].detach().float()
    if torch.linalg.vector_norm(one - other) > ALIKE * torch.linalg.vector_norm(other):
        return
    inputs.weight = outputs.weight
    model.config.tie_word_embeddings = True
