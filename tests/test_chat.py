"""Instruction-tuned models: the template, the code in an answer, and blame for its tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny
from rlcf.errors import UserError
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.grounding import Grounding
from rlcf.grounding.credit import blame_of
from rlcf.policy import sampling
from rlcf.policy.completion import Completion
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.prompting import ChatStyle, PlainStyle, prompt_style
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.settings import Stop
from rlcf.training.references import encode_references

TEMPLATE = (
    "{% for m in messages %}<|begin|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|begin|>assistant\n{% endif %}"
)
TASK = tiny.tasks(1)[0]
PROGRAM = TASK.program(TASK.reference or "")
LONG = SamplingConfig(max_new_tokens=160)


def chat_policy(max_positions: int = 600) -> Policy:
    policy = tiny.policy("llama")
    policy.model.config.max_position_embeddings = max_positions
    policy.tokenizer.chat_template = TEMPLATE
    return replace(policy, style=ChatStyle())


def says(answer: str, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Completion:
    """A sample of a model that gives this answer, token by token."""
    ids = [*policy.tokenizer(answer, add_special_tokens=False)["input_ids"], 2]
    script = iter(ids)

    def draw(logits_BV: Any, uniform_B: Any, config: Any) -> Any:
        return torch.tensor([next(script)]), torch.zeros(1)

    monkeypatch.setattr(sampling, "draw", draw)
    ((sample,),) = sample_tasks(policy, [TASK], 1, LONG, seed=0)
    return sample


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        (f"Here it is:\n```java\n{PROGRAM}```\nIt adds.", PROGRAM),
        (f"```\n{PROGRAM}```", PROGRAM),
        (f"```java\n{PROGRAM}```\nor\n```java\nclass B {{}}\n```", PROGRAM),
        (PROGRAM, PROGRAM),  # no fence: all of it
        (f"```java\n{TASK.reference}```", PROGRAM),  # the body alone
        (TASK.reference, PROGRAM),
        ("```java\nclass Add0 {\n    int a", "class Add0 {\n    int a"),  # cut off
        ("I cannot.", "I cannot."),
        ("use `a + 1`", "use `a + 1`"),
    ],
)
def test_the_program_in_an_answer(answer: str, program: str) -> None:
    style = ChatStyle()
    written = style.read(TASK, answer)
    assert style.judged(TASK).program(written.text) == program
    last = written.text.rstrip()[-6:]
    (place,) = written.places([answer.rindex(last)])
    assert written.text[place:].rstrip() == last


def test_an_answer_ends_with_its_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = says(f"Sure.\n```java\n{PROGRAM}```\nIt adds.", chat_policy(), monkeypatch)
    assert sample.finished
    assert sample.text == PROGRAM
    policy = chat_policy()
    assert policy.tokenizer.decode(sample.token_ids).endswith("```")
    assert policy.tokenizer.decode(sample.prompt_ids).startswith("<|begin|>user\nComplete this")
    assert policy.tokenizer.decode(sample.prompt_ids).endswith("<|begin|>assistant\n")


@pytest.mark.parametrize("whole", [True, False])
def test_blame_falls_on_the_tokens_of_the_error(
    whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "        int b = oops;\n        return b;\n    }\n}\n"
    code = TASK.prompt + body if whole else body
    policy = chat_policy()
    sample = says(f"Sure, é:\n```java\n{code}```", policy, monkeypatch)
    Grounding(tiny.FakeCompiler())([sample])
    assert sample.program == TASK.prompt + body
    weights_T = blame_of(sample, policy.tokenizer)
    assert weights_T.mean() == pytest.approx(1)
    guilty = "".join(
        policy.tokenizer.decode([token])
        for token, weight in zip(sample.token_ids, weights_T, strict=True)
        if weight == weights_T.max()
    )
    assert guilty.strip() == "int b = oops"
    assert np.unique(weights_T).size == 2


def test_fine_tuning_teaches_the_answer() -> None:
    policy = chat_policy()
    (example,) = encode_references(policy, [TASK], 500)
    answer = policy.tokenizer.decode(example.ids[example.prompt_length :])
    assert answer == f"```java\n{PROGRAM.rstrip()}\n```<|end|>"
    style = ChatStyle()
    read = style.read(TASK, answer.removesuffix("<|end|>"))
    assert style.judged(TASK).program(read.text) == PROGRAM


def test_choosing_a_style(tmp_path: Path) -> None:
    bare, chatty = tiny.tokenizer(), tiny.tokenizer()
    chatty.chat_template = TEMPLATE
    assert isinstance(prompt_style("auto", bare, "m"), PlainStyle)
    assert isinstance(prompt_style("auto", chatty, "m"), ChatStyle)
    assert isinstance(prompt_style("off", chatty, "m"), PlainStyle)
    with pytest.raises(UserError, match="has no chat template"):
        prompt_style("on", bare, "m")
    with pytest.raises(UserError, match="unknown --chat 'yes'"):
        prompt_style("yes", chatty, "m")
    with pytest.raises(UserError, match=r"put \{prompt\} into it"):
        prompt_style("on", chatty, "m", "write it")
    chat_policy().save(tmp_path / "m")
    policy = load_policy(
        str(tmp_path / "m"), device="cpu", chat="on", chat_instruction="In {language}: {prompt}"
    )
    shown = policy.style.prompt(policy.tokenizer, TASK)
    assert shown.startswith("<|begin|>user\nIn java: class Add0 {")


def test_evaluation_judges_the_program_in_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import rlcf.languages

    compiler = tiny.FakeCompiler(bad=["Sure", "```"])
    monkeypatch.setattr(rlcf.languages, "Toolchain", lambda language: compiler)
    policy = chat_policy()
    ids = policy.tokenizer(f"Sure.\n```java\n{PROGRAM}```", add_special_tokens=False)["input_ids"]
    script = iter([*ids, 2])
    monkeypatch.setattr(sampling, "draw", lambda *_: (torch.tensor([next(script)]), torch.zeros(1)))
    report = evaluate_policy(policy, [TASK], n=1, sampling=LONG)
    assert report.rows[0].compiled
    assert report.rows[0].completion == PROGRAM


@pytest.mark.parametrize("stop", ["class", "method"])
def test_a_template_may_open_the_thoughts(stop: Stop) -> None:
    """Drafts are not where the answer ends, though no tag is among what the model writes."""
    tokenizer = tiny.tokenizer()
    tokenizer.chat_template = TEMPLATE + "{% if add_generation_prompt %}<think>\n{% endif %}"
    style = prompt_style("on", tokenizer, "m", stop=stop)
    end = style.end(TASK)
    draft = "First:\n```java\nclass A { }\n```\nNo.\n"
    assert end is not None
    assert end.cut(draft) is None
    assert style.read(TASK, draft).text == draft  # which no compiler accepts
    answer = f"{draft}</think>\n```java\n{PROGRAM.rstrip()}\n```\n"
    assert end.cut(answer) == answer.removesuffix("\n")
    assert style.judged(TASK).program(style.read(TASK, answer).text) == PROGRAM
    tokenizer.chat_template = TEMPLATE
    plain = prompt_style("on", tokenizer, "m", stop=stop).end(TASK)
    assert plain is not None
    assert plain.cut(draft) is not None
