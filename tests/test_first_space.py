"""Tokenizers that drop the first space of a text: no completion and no reference loses one."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.normalizers import Replace

import tiny
import wordpieces
from rlcf.adapters.trl import CompilerReward
from rlcf.cli import main, one_line
from rlcf.errors import UserError
from rlcf.grounding.credit import token_ends
from rlcf.languages import Toolchain
from rlcf.policy import sampling
from rlcf.policy.completion import Completion
from rlcf.policy.continuation import Continuation, continuation_ids, encoded
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.roundtrip import check_references, losses
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.references import encode_references

TASKS = [
    Task("indented", "python", "def twice(x):\n", "    y = 2 * x\n    return y\n"),
    Task("word", "java", "class A {\n    int f(int x) {\n        return", " x;\n    }\n}\n"),
    Task("no space", "java", "class A {\n    int f(int x) {\n        return (", "x);\n    }\n}\n"),
    Task("after blanks", "python", "def twice(x):\n    ", "return 2 * x\n"),
    Task("inside a word", "python", "def twice(x):\n    ret", "urn 2 * x\n"),
    Task("two spaces", "java", "class A {", "  int f;\n}\n"),
    Task("beyond ASCII", "python", 'def f():\n    return "à', ' ü 中"\n'),
]
CONFIG = SamplingConfig(temperature=0, max_new_tokens=80)
Make = Callable[[], Any]


def policy_of(tokenizer: Any, architecture: str = "llama") -> Policy:
    made = tiny.policy(architecture)
    made.model.resize_token_embeddings(len(tokenizer))
    return Policy(made.model, tokenizer, "tiny")


def dictate(monkeypatch: pytest.MonkeyPatch, ids: Sequence[int]) -> None:
    """Let the model write these tokens."""
    left = iter(ids)
    monkeypatch.setattr(sampling, "draw", lambda *_: (torch.tensor([next(left)]), torch.zeros(1)))


def written(policy: Policy, task: Task) -> Completion:
    [[sample]] = sample_tasks(policy, [task], 1, CONFIG, seed=0)
    return sample


@pytest.mark.parametrize(
    ("kind", "task"),
    # The last vocabulary has no bytes to write unknown characters with.
    [(k, t) for k in wordpieces.KINDS for t in (TASKS[:-1] if k == "unigram" else TASKS)],
    ids=lambda value: value if isinstance(value, str) else value.task_id,
)
@pytest.mark.parametrize("architecture", ["llama", "t5"])
def test_what_a_model_learns_is_the_reference_when_it_writes_it(
    architecture: str, kind: str, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = policy_of(wordpieces.KINDS[kind](), architecture)
    dictate(monkeypatch, policy.answer_ids(task))
    sample = written(policy, task)
    assert sample.finished
    assert sample.text == task.reference


@pytest.mark.parametrize("kind", ["llama", "metaspace"])
def test_the_program_written_on_from_the_prompt_is_accepted(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tokens that the tokenizer has for the whole program, cut where the prompt ends."""
    policy, task = policy_of(wordpieces.KINDS[kind]()), TASKS[0]
    prompt = encoded(policy.tokenizer, task.prompt)
    whole = encoded(policy.tokenizer, task.program(task.reference or ""))
    assert whole[: len(prompt)] == prompt
    dictate(monkeypatch, [*whole[len(prompt) :], policy.tokenizer.eos_token_id])
    sample = written(policy, task)
    compiler = Toolchain("python")
    [result] = compiler.check([policy.judged(task).program(sample.text)])
    compiler.close()
    assert result.verdict == "accepted", sample.text


def test_a_byte_that_closes_the_class_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = policy_of(wordpieces.llama())
    task = Task("byte", "java", "class A {\n", "    int x;\n}\n")
    brace, byte = policy.tokenizer.convert_tokens_to_ids(["}", "<0x7D>"])
    ids = [byte if i == brace else i for i in policy.answer_ids(task)]
    assert byte in ids
    dictate(monkeypatch, ids)
    sample = written(policy, task)
    assert sample.text == task.reference
    assert sample.token_ids[-1] == byte


@pytest.mark.parametrize("kind", wordpieces.KINDS)
def test_tokens_end_where_they_do_in_the_text(kind: str) -> None:
    tokenizer, task = wordpieces.KINDS[kind](), TASKS[0]
    assert task.reference is not None
    ids = continuation_ids(tokenizer, task.prompt, task.reference)
    ends = token_ends(tokenizer, ids, encoded(tokenizer, task.prompt))
    assert ends[-1] == len(task.reference)
    starts = [0, *ends[:-1]]
    star = next(i for i, token in enumerate(tokenizer.convert_ids_to_tokens(ids)) if "*" in token)
    assert "*" in task.reference[starts[star] : ends[star]]


@settings(deadline=None, max_examples=60)
@given(
    prompt=st.text("ab {}\n\té中", min_size=1, max_size=40),
    text=st.text("ab {}\n\té中", min_size=1, max_size=12),
    kind=st.sampled_from(["llama", "metaspace", "gemma"]),
)
def test_any_text_after_any_prompt(prompt: str, text: str, kind: str) -> None:
    tokenizer = _made[kind]
    reader = Continuation(tokenizer, encoded(tokenizer, prompt))
    assert reader.text(continuation_ids(tokenizer, prompt, text)) == text


_made = {kind: make() for kind, make in wordpieces.KINDS.items()}


def test_a_tokenizer_of_bytes_encodes_as_before() -> None:
    tokenizer, task = tiny.tokenizer(), tiny.tasks(1)[0]
    assert task.reference is not None
    alone = tokenizer(task.reference, add_special_tokens=False)["input_ids"]
    assert continuation_ids(tokenizer, task.prompt, task.reference) == alone


@pytest.mark.parametrize("kind", wordpieces.KINDS)
def test_tokenizers_fit_for_code_lose_nothing(kind: str) -> None:
    assert losses(wordpieces.KINDS[kind]()) == []
    assert losses(tiny.tokenizer()) == []


def test_loading_tells_what_the_tokenizer_loses(tmp_path: Path) -> None:
    policy_of(wordpieces.unigram(keeps_lines=False), "t5").save(tmp_path)
    with pytest.warns(UserWarning, match="cannot keep line ends, blank lines, runs of blanks"):
        policy = load_policy(str(tmp_path), device="cpu")
    assert len(encode_references(policy, TASKS[:1], 512)) == 1


def test_the_command_line_tells_it_in_one_line(tmp_path: Path) -> None:
    policy_of(wordpieces.unigram(keeps_lines=False), "llama").save(tmp_path / "model")
    task = {"task_id": "t", "language": "python", "prompt": "x = ", "canonical_solution": "1\n"}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(task))
    words = ["generate", "--model", str(tmp_path / "model"), "--max-new-tokens", "2"]
    words += ["--tasks", str(tmp_path / "tasks.jsonl"), "--out", str(tmp_path / "samples.jsonl")]
    with pytest.warns(UserWarning, match="cannot keep") as seen:
        assert main(words) == 0
    [told] = [w for w in seen if "cannot keep" in str(w.message)]
    line = one_line(told.message, told.category, told.filename, told.lineno)
    assert line.startswith("rlcf: warning: the tokenizer of ")
    assert line.count("\n") == 1


def test_missing_signs_are_named() -> None:
    tokenizer = wordpieces.unigram(keeps_lines=True)
    made = tokenizer.backend_tokenizer
    made.normalizer = Replace("{", "")
    assert losses(tokenizer) == ["the characters {"]


def test_references_that_cannot_be_written_are_told() -> None:
    policy = policy_of(wordpieces.unigram(keeps_lines=False))
    with pytest.raises(UserError, match=r"cannot write 1 of 1 references .*line ends"):
        check_references(policy, TASKS[:1])
    java = Task("java", "java", "class A {", " int f; }")
    with pytest.warns(UserWarning, match="1 of 2 references as they stand, word first"):
        check_references(policy, [java, TASKS[1]])
    check_references(policy, [java])  # warnings are errors here


def test_trl_reads_completions_after_their_prompts() -> None:
    tokenizer, task = wordpieces.llama(), TASKS[0]
    ids = continuation_ids(tokenizer, task.prompt, task.reference or "")
    alone = tokenizer.decode(ids, skip_special_tokens=True)  # as TRL hands it over
    assert alone != task.reference
    reward = pickle.loads(pickle.dumps(CompilerReward("python", tokenizer=tokenizer)))
    found = reward([alone], prompts=[task.prompt], completion_ids=[ids])
    reward.close()
    assert found == [1.0]
