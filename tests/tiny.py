"""Tiny models and tasks that tests share; made in milliseconds, of the real classes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    BartConfig,
    BertConfig,
    BertModel,
    CodeGenConfig,
    GPT2Config,
    GPTBigCodeConfig,
    LlamaConfig,
    PLBartConfig,
    Qwen2Config,
    Starcoder2Config,
    T5Config,
)

from rlcf.comparator.model import Comparator
from rlcf.languages import Job, Limits, Outcome, RunResult
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.policy.families import family_of
from rlcf.policy.model import Policy
from rlcf.policy.tokenizer import train_tokenizer
from rlcf.tasks.task import Task

PROMPT = """class Add{i} {{
    /**
     * Write a Java function to add {i}.
     */
    public static int add{i}(int a) {{
"""
REFERENCE = "        return a + {i};\n    }}\n}}\n"


def tasks(count: int = 6) -> list[Task]:
    """Tasks whose reference is one line."""
    return [
        Task(f"tiny/{i}", "java", PROMPT.format(i=i), REFERENCE.format(i=i)) for i in range(count)
    ]


def tokenizer(vocab_size: int = 320) -> Any:
    return train_tokenizer([t.program(t.reference or "") for t in tasks()], vocab_size)


_SMALL: dict[str, Any] = {
    "vocab_size": 320,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
ARCHITECTURES = {
    "gpt2": GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=256, **_SMALL),
    "codegen": CodeGenConfig(
        n_embd=64, n_layer=2, n_head=4, n_positions=256, n_ctx=256, rotary_dim=8, **_SMALL
    ),
    "llama": LlamaConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        **_SMALL,
    ),
    "qwen2": Qwen2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        **_SMALL,
    ),
    "starcoder2": Starcoder2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        sliding_window=32,  # shorter than prompts
        **_SMALL,
    ),
    "gpt_bigcode": GPTBigCodeConfig(n_embd=32, n_layer=2, n_head=2, n_positions=256, **_SMALL),
}
_TWO_SIDED: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 256,
    "forced_eos_token_id": None,
    **_SMALL,
}


def _loosely(config: Any, **settings: Any) -> Any:
    """Configs whose signature leaves settings to their base."""
    return config(**settings)


ENCODER_DECODERS = {
    "t5": _loosely(
        T5Config,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        n_positions=256,
        decoder_start_token_id=0,
        **_SMALL,
    ),
    "bart": BartConfig(decoder_start_token_id=2, **_TWO_SIDED),
    "plbart": _loosely(PLBartConfig, decoder_start_token_id=2, **_TWO_SIDED),
}
ALL_ARCHITECTURES = {**ARCHITECTURES, **ENCODER_DECODERS}


def policy(architecture: str = "llama", seed: int = 0) -> Policy:
    torch.manual_seed(seed)
    config = copy.deepcopy(ALL_ARCHITECTURES[architecture])
    model = family_of(config).auto_class.from_config(config).eval()
    if architecture == "bart":
        model.generation_config.forced_bos_token_id = 1  # as bart-large has it
    return Policy(model, tokenizer(), architecture)


def comparator(seed: int = 0) -> Comparator:
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=320,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        pad_token_id=0,
    )
    return Comparator(BertModel(config), tokenizer(), max_tokens=256, autocast=False)


class FakeCompiler:
    """Accepts, and passes, programs that hold none of the given words; knows no Java."""

    language = "java"

    def __init__(self, bad: Sequence[str] = ("oops",), broken: Sequence[str] = ("crash",)) -> None:
        self.bad, self.broken, self.asked = tuple(bad), tuple(broken), 0

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        self.asked += len(programs)
        return [self._one(p) for p in programs]

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        outcomes = {Verdict.ACCEPTED: Outcome.PASSED, Verdict.REJECTED: Outcome.NOT_RUN}
        found = self.check([job.program for job in jobs])
        return [RunResult(outcomes.get(r.verdict, Outcome.UNSCORED)) for r in found]

    def _one(self, program: str) -> CompileResult:
        if any(word in program for word in self.broken):
            return CompileResult(Verdict.UNSCORED, reason="the compiler crashed")
        for word in self.bad:
            at = program.find(word)
            if at >= 0:
                line = program.count("\n", 0, at) + 1
                error = Diagnostic(
                    "error", "fake", ErrorClass.UNRESOLVED_NAME, word, line, 1, at, at + len(word)
                )
                return CompileResult(Verdict.REJECTED, (error,))
        return CompileResult(Verdict.ACCEPTED)

    def close(self) -> None:
        pass

    def __enter__(self) -> FakeCompiler:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def save_policy(folder: Path, architecture: str = "llama") -> Path:
    policy(architecture).save(folder)
    return folder
