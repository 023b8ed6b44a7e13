"""The TRL adapter alone; in TRL's own trainers: test_adapters_trl_trainer.py."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny
from rlcf.adapters.trl import AsyncCompilerReward, CompilerReward, LocalisedCredit
from rlcf.errors import UserError
from rlcf.grounding.scorer import Answer, Scorer
from rlcf.languages.verdict import CompileResult, Verdict

PREFIX = "class A {\n    static int f(int a) {\n"
GOOD = "        return a;\n    }\n}\n"
BAD = "        int b = 1;\n        return missing;\n    }\n}\n"
SURROUNDED = "Here it is:\n```java\n" + PREFIX + BAD + "```\nDone."


@pytest.fixture(scope="module")
def reward() -> Iterator[CompilerReward]:
    made = CompilerReward("java", compiler_options={"seats": 1})
    yield made
    made.close()


class Broken:
    """A compiler that never has an answer."""

    language = "java"

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        return [CompileResult(Verdict.UNSCORED, reason="out of order") for _ in programs]

    def close(self) -> None: ...


def test_plain_prompts_are_continued(reward: CompilerReward) -> None:
    assert reward(completions=[GOOD, BAD], prompts=[PREFIX] * 2, completion_ids=[[1], [2]]) == [
        1.0,
        -1.0,
    ]


def test_every_column_is_optional(reward: CompilerReward) -> None:
    whole = "class A { }"
    assert reward(completions=[whole]) == [1.0]
    assert reward([whole], prompts=[""], trainer_state=object(), environments=None) == [1.0]
    assert reward([GOOD], prompts=["Write f."], prefix=[PREFIX], reference=[None]) == [1.0]


def test_conversations_speak_about_code(reward: CompilerReward) -> None:
    def said(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    asked = [[{"role": "user", "content": "Write f."}]] * 3
    answers = [
        said("Here:\n```java\n" + PREFIX + GOOD + "```\n"),
        said(SURROUNDED),
        said("```\n" + GOOD + "```"),
    ]
    assert reward(answers, prompts=asked, prefix=[PREFIX] * 3) == [1.0, -1.0, 1.0]
    parts = [{"role": "assistant", "content": [{"type": "text", "text": "class B { }"}]}]
    assert reward([parts], prompts=asked[:1]) == [1.0]


def test_what_could_not_be_judged_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Broken())
    noted: dict[str, Any] = {}
    scores = CompilerReward("java")(
        ["class A { }"], log_extra=noted.__setitem__, log_metric=noted.__setitem__
    )
    assert scores == [None]
    assert noted["verdict"] == ["unscored"]
    assert "compile_rate" not in noted


def test_verdicts_are_offered_to_the_log(reward: CompilerReward) -> None:
    noted: dict[str, Any] = {}
    reward(
        [GOOD, BAD],
        prompts=[PREFIX] * 2,
        log_extra=noted.__setitem__,
        log_metric=noted.__setitem__,
    )
    assert noted["verdict"] == ["accepted", "rejected"]
    assert noted["first_error"][1].startswith("line 4: cannot find symbol")
    assert (noted["compile_rate"], noted["unscored_rate"]) == (0.5, 0.0)


def test_it_travels_to_other_processes(reward: CompilerReward) -> None:
    reward(["class A { }"])  # so that there is a running compiler to leave behind
    copy = pickle.loads(pickle.dumps(reward))
    try:
        assert copy(["class A { }", "class A {"]) == [1.0, -1.0]
    finally:
        copy.close()


def test_the_asynchronous_one_is_a_coroutine() -> None:
    made = AsyncCompilerReward("java", compiler_options={"seats": 1})
    try:
        assert inspect.iscoroutinefunction(made.__call__)
        assert asyncio.run(made([GOOD], prompts=[PREFIX])) == [1.0]
        assert pickle.loads(pickle.dumps(made)).language == "java"
    finally:
        made.close()


def test_the_comparator_counts_where_there_is_one(tmp_path: Path) -> None:
    made = CompilerReward("java", comparator="embedded", compiler_options={"seats": 1})
    other = GOOD.replace("return a;", "return a + 1 - 1;")
    try:
        same, near, rejected = made(
            [GOOD, other, BAD], prompts=[PREFIX] * 3, canonical_solution=[GOOD] * 3
        )
    finally:
        made.close()
    assert same == 0.0
    assert near is not None
    assert -1 < near < 1
    assert near != 0
    assert rejected == -1.0
    with pytest.raises(UserError, match="comparator"):
        Scorer("java", comparator=str(tmp_path / "absent"))([Answer("class A { }")])


class Parent:
    """As much of a trainer as the mix-in touches."""

    def __init__(self, reward: Any, tokenizer: Any, advantages: Sequence[float]) -> None:
        self.reward_funcs, self.processing_class = [len, reward], tokenizer
        self.advantages_B = torch.tensor(advantages)

    def _generate_and_score_completions(self, inputs: list[str]) -> dict[str, Any]:
        ids = [self.processing_class(text).input_ids for text in inputs]
        longest = max(map(len, ids))
        for function in self.reward_funcs[1:]:
            function(inputs, prompts=[PREFIX] * len(inputs))
        return {
            "completion_ids": torch.tensor([i + [0] * (longest - len(i)) for i in ids]),
            "completion_mask": torch.tensor([[1] * len(i) + [0] * (longest - len(i)) for i in ids]),
            "advantages": self.advantages_B,
        }


class Localised(LocalisedCredit, Parent):  # type: ignore[misc]  # a stand-in's attribute
    """The mix-in on it."""


def test_blame_falls_on_the_tokens_that_the_compiler_points_at(reward: CompilerReward) -> None:
    tokenizer = tiny.tokenizer()
    batch = Localised(reward, tokenizer, [1.0, -1.0, 0.5])._generate_and_score_completions(
        [GOOD, BAD, BAD]
    )
    advantages_BT, mask_BT = batch["advantages"], batch["completion_mask"]
    assert advantages_BT.shape == mask_BT.shape
    length = int(mask_BT[1].sum())
    assert torch.all(advantages_BT[0] == 1.0)
    assert torch.all(advantages_BT[2] == 0.5)  # praise is not moved
    assert advantages_BT[1, :length].mean().item() == pytest.approx(-1.0, abs=1e-5)
    blamed = tokenizer.decode(
        [t for t, a in zip(batch["completion_ids"][1], advantages_BT[1], strict=True) if a < -1]
    )
    assert "missing" in blamed
    assert "int b" not in blamed


def test_words_around_the_code_are_not_to_blame(reward: CompilerReward) -> None:
    tokenizer = tiny.tokenizer()
    chat = [{"role": "assistant", "content": SURROUNDED}]
    reward([chat], prompts=[[{"role": "user", "content": "?"}]])
    ids = tokenizer(SURROUNDED).input_ids
    weights_T = reward.last[0].blame_T(tokenizer, ids)
    assert weights_T.mean() == pytest.approx(1.0, abs=1e-5)
    blamed = tokenizer.decode([t for t, w in zip(ids, weights_T, strict=True) if w > 1])
    assert "missing" in blamed
    assert "Here" not in blamed
    assert np.all(weights_T > 0)


def test_a_trainer_without_our_reward_is_told(reward: CompilerReward) -> None:
    made = Localised(reward, tiny.tokenizer(), [1.0])
    made.reward_funcs = [len]
    with pytest.raises(TypeError, match="CompilerReward"):
        made._generate_and_score_completions([GOOD])


def test_a_trainer_that_knows_no_tokens_is_told(reward: CompilerReward) -> None:
    class RLOO(Parent):
        def _generate_and_score_completions(self, inputs: list[str]) -> dict[str, Any]:
            return super()._generate_and_score_completions(inputs) | {"old_logps": None}

    made = type("Localised", (LocalisedCredit, RLOO), {})(reward, tiny.tokenizer(), [1.0])
    with pytest.raises(TypeError, match="GRPOTrainer"):
        made._generate_and_score_completions([GOOD])
