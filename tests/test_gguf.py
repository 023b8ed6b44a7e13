"""GGUF files as policies: a tiny one written here, and real ones where they are at hand.

Real ones are looked for in the folder that RLCF_MODELS names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import tiny
from rlcf.errors import UserError
from rlcf.policy import gguf as module
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks

pytestmark = pytest.mark.in_process

gguf = pytest.importorskip("gguf", reason="needs the package gguf (pip install gguf)")
REAL = sorted(Path(os.environ.get("RLCF_MODELS", "no-such-folder")).glob("*.gguf"))
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.layers": "blk",
}


def write_gguf(file: Path, *, blocks: bool) -> dict[str, torch.Tensor]:
    """A tiny Qwen2, with both embeddings as llama.cpp writes them; returns its weights."""
    policy = tiny.policy("qwen2")
    # Fewer tokens than embeddings: Qwen2's tokenizer adds one of its own.
    config, tokenizer = policy.model.config, tiny.tokenizer(300)
    writer = gguf.GGUFWriter(file, "qwen2")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    words = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    merges = tokenizer.backend_tokenizer.to_str()
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_types([3 if w in tokenizer.all_special_tokens else 1 for w in words])
    writer.add_token_merges(_merges(merges))
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    state = dict(policy.model.state_dict())
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    for name, value in state.items():
        for ours, theirs in NAMES.items():
            name = name.replace(ours, theirs)
        array = value.float().numpy()
        if blocks and name.startswith(("token_embd", "output.")):
            kind = gguf.GGMLQuantizationType[("Q4_0", "Q8_0")[name.startswith("output.")]]
            writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, np.ascontiguousarray(array))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return state


def _merges(tokenizer_json: str) -> list[str]:
    pairs = json.loads(tokenizer_json)["model"]["merges"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]


@pytest.mark.parametrize("blocks", [False, True])
def test_a_gguf_file_is_a_policy(tmp_path: Path, blocks: bool) -> None:
    file = tmp_path / "tiny.gguf"
    state = write_gguf(file, blocks=blocks)
    policy = load_policy(str(file), precision="fp32")
    weight_VS = policy.model.get_input_embeddings().weight
    assert weight_VS is policy.model.get_output_embeddings().weight  # one matrix, not two
    torch.testing.assert_close(
        weight_VS.detach(), state["model.embed_tokens.weight"], atol=0.01, rtol=0.01
    )
    [group] = sample_tasks(policy, tiny.tasks(1), 2, SamplingConfig(max_new_tokens=5), seed=0)
    assert len(group) == 2
    policy.save(tmp_path / "saved")
    again = load_policy(str(tmp_path / "saved"), precision="fp32")
    assert again.parameters_count == policy.parameters_count


def test_matrices_that_differ_stay_two() -> None:
    model = tiny.policy("qwen2").model
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    module.tie(model)
    assert model.get_input_embeddings().weight is not model.get_output_embeddings().weight


@pytest.mark.parametrize(
    ("name", "place", "file"),
    [
        ("org/model", "org/model", None),
        ("org/model:weights-q4.gguf", "org/model", "weights-q4.gguf"),
    ],
)
def test_names(name: str, place: str, file: str | None) -> None:
    assert module.split_name(name) == (place, {"gguf_file": file} if file else {})


def test_a_file_that_is_not_there_is_said_in_a_line() -> None:
    with pytest.raises(UserError, match="no file at missing"):
        load_policy("missing.gguf")


@pytest.mark.skipif(not REAL, reason="no GGUF files in the folder that RLCF_MODELS names")
@pytest.mark.slow
@pytest.mark.parametrize("file", REAL[-1:], ids=lambda f: f.name)
def test_a_real_model_goes_on_from_a_prompt(file: Path) -> None:
    policy = load_policy(str(file), trained=False)
    assert policy.head.alone
    config = SamplingConfig(temperature=0, max_new_tokens=12)
    [[sample]] = sample_tasks(policy, tiny.tasks(1), 1, config, seed=0)
    assert "return a" in sample.text
