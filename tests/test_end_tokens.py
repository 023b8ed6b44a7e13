"""Which tokens end a text: what tokenizer and configs name, and what is well known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import tiny
from rlcf.policy import sampling
from rlcf.policy.model import Policy
from rlcf.policy.prompting import ChatStyle, PlainStyle, PromptStyle
from rlcf.policy.sampling import SamplingConfig, sample_tasks

STYLES: list[PromptStyle] = [PlainStyle(), ChatStyle()]


def policy_with(*special: str) -> Policy:
    policy = tiny.policy("qwen2")
    policy.tokenizer.add_special_tokens({"additional_special_tokens": list(special)})
    policy.tokenizer.chat_template = "{{ messages[0].content }}"
    return policy


@pytest.mark.parametrize("style", STYLES)
def test_what_the_generation_config_names_ends_a_text(style: PromptStyle) -> None:
    policy = replace(tiny.policy(), style=style)
    policy.model.generation_config.eos_token_id = [2, 7]
    assert policy.end_tokens == {2, 7}
    policy = replace(tiny.policy(), style=style)
    policy.model.generation_config.eos_token_id = 7
    assert policy.end_tokens == {2, 7}


@pytest.mark.parametrize("style", STYLES)
def test_special_tokens_that_the_config_names_end_a_text(style: PromptStyle) -> None:
    policy = replace(tiny.policy(), style=style)
    policy.model.config.eos_token_id = policy.model.generation_config.eos_token_id = [1, 2]
    assert policy.end_tokens == {1, 2}


def test_a_config_of_another_tokenizer_ends_nothing() -> None:
    policy = tiny.policy()
    policy.model.config.eos_token_id = policy.model.generation_config.eos_token_id = 50
    assert policy.end_tokens == {2}


@pytest.mark.parametrize("style", STYLES)
def test_both_end_tokens_of_a_model_whose_file_names_one(style: PromptStyle) -> None:
    """As the GGUF files of Qwen2.5 and SmolLM2 do."""
    policy = replace(policy_with("<|endoftext|>", "<|fim_prefix|>"), style=style)
    assert policy.end_tokens == {2, policy.tokenizer.convert_tokens_to_ids("<|endoftext|>")}


def test_a_word_that_only_looks_like_one_ends_nothing() -> None:
    policy = tiny.policy()
    policy.tokenizer.add_tokens(["</s>"])  # struck out, in HTML
    assert policy.end_tokens == {2}


@pytest.mark.parametrize("end", ["<|endoftext|>", "<|end|>"])
def test_a_completion_ends_there_and_does_not_hold_it(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = policy_with("<|endoftext|>")
    policy.model.resize_token_embeddings(len(policy.tokenizer))
    ids = policy.tokenizer(f"return a;{end} oops", add_special_tokens=False)["input_ids"]
    script = iter(ids)
    monkeypatch.setattr(sampling, "draw", lambda *_: (torch.tensor([next(script)]), torch.zeros(1)))
    [[sample]] = sample_tasks(policy, tiny.tasks(1), 1, SamplingConfig(max_new_tokens=20), seed=0)
    assert sample.text == "return a;"
    assert sample.finished
    assert sample.token_ids[-1] == policy.tokenizer.convert_tokens_to_ids(end)


def test_text_of_an_end_token_that_is_no_special_one_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = tiny.policy()
    [semicolon] = policy.tokenizer(";", add_special_tokens=False)["input_ids"]
    policy.model.generation_config.eos_token_id = semicolon
    script = iter(policy.tokenizer("return a;", add_special_tokens=False)["input_ids"])
    monkeypatch.setattr(sampling, "draw", lambda *_: (torch.tensor([next(script)]), torch.zeros(1)))
    [[sample]] = sample_tasks(policy, tiny.tasks(1), 1, SamplingConfig(max_new_tokens=20), seed=0)
    assert sample.text == "return a"
