"""The OpenRLHF adapter: alone, and through OpenRLHF's own executor where it is installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rlcf.adapters import openrlhf
from rlcf.compilers.base import CompileResult, Verdict

PREFIX = "class A {\n    static int f(int a) {\n"
GOOD = "        return a;\n    }\n}\n"
BAD = "        return missing;\n    }\n}\n"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RLCF_LANGUAGE", "java")
    openrlhf._scorer.cache_clear()
    yield
    openrlhf._scorer().close()
    openrlhf._scorer.cache_clear()


def test_prompt_and_special_tokens_are_taken_off() -> None:
    found = openrlhf.reward_func(
        ["<s>" + PREFIX + GOOD + "</s>", PREFIX + BAD + "<|endoftext|>"], [PREFIX] * 2, ["", GOOD]
    )
    assert found["rewards"].tolist() == [1.0, -1.0]
    assert found["scores"].tolist() == [1.0, 0.0]
    assert found["extra_logs"]["compiled"].tolist() == [1.0, 0.0]


def test_labels_tell_of_chats() -> None:
    prompt = "<|user|>Write f.<|assistant|>"
    query = prompt + "Here:\n```java\n" + GOOD + "```<|end|>"
    label = json.dumps({"prefix": PREFIX, "chat": True, "reference": GOOD})
    assert openrlhf.reward_func([query], [prompt], [label])["rewards"].tolist() == [1.0]


def test_a_reference_that_looks_like_an_object_is_one() -> None:
    answer = openrlhf.answer_of(PREFIX + GOOD, PREFIX, '{ "x": 1 }')
    assert answer.reference == '{ "x": 1 }'
    assert answer.prefix == PREFIX
    assert answer.text == GOOD


class Broken:
    def check(self, programs: list[str]) -> list[CompileResult]:
        return [CompileResult(Verdict.UNSCORED, reason="out of order") for _ in programs]

    def close(self) -> None: ...


def test_what_could_not_be_judged_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlcf.compilers.get_compiler", lambda *_, **__: Broken())
    with pytest.raises(openrlhf.UnscoredError, match="out of order"):
        openrlhf.reward_func([PREFIX + GOOD], [PREFIX], [""])


class Tokenizer:
    """Tokens are characters; as much as the executor touches."""

    def __call__(self, text: str, **_: Any) -> dict[str, Any]:
        import torch

        return {"input_ids": torch.tensor([[ord(c) for c in text]])}

    def decode(self, ids: list[int], **_: Any) -> str:
        return "".join(map(chr, ids))


class Engine:
    """Answers with the same tokens always."""

    def __init__(self, text: str) -> None:
        self.ids = [ord(c) for c in text]

    async def generate(self, *_: Any, **__: Any) -> Any:
        class Output:
            token_ids, finish_reason, logprobs = self.ids, "stop", None

        class Request:
            outputs = (Output,)

        return Request


class Sampling:
    max_tokens, logprobs = 100, None


@pytest.mark.parametrize(("text", "reward"), [(GOOD, 1.0), (BAD, -1.0)])
def test_openrlhfs_executor_gets_rewards(text: str, reward: float) -> None:
    agent = pytest.importorskip("openrlhf.utils.agent", reason="OpenRLHF is not installed")
    executor = agent.SingleTurnAgentExecutor(str(Path(openrlhf.__file__)))
    output = asyncio.run(executor.execute(PREFIX, "", Sampling(), 400, Tokenizer(), Engine(text)))
    assert output["reward"].tolist() == [reward]
    assert output["scores"].tolist() == [(reward + 1) / 2]
    executor.reward_func.__globals__["_scorer"]().close()
