"""The OpenRLHF adapter: alone, and through OpenRLHF's own executor where it is installed."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optional import package
from rlcf.adapters import openrlhf
from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.server.client import Client

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
    """Out of order for the first calls."""

    def __init__(self, calls: int) -> None:
        self.left = calls
        self.asked: list[Any] = []

    def check(self, programs: list[str]) -> list[CompileResult]:
        self.asked.append(list(programs))
        self.left -= 1
        if self.left < 0:
            return [CompileResult(Verdict.ACCEPTED) for _ in programs]
        return [CompileResult(Verdict.UNSCORED, reason="out of order") for _ in programs]

    def close(self) -> None: ...


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openrlhf, "_PAUSE", 0.0)


@pytest.mark.usefixtures("no_pause")
def test_what_could_not_be_judged_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Broken(99)
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: broken)
    with pytest.raises(openrlhf.UnscoredError, match="out of order"):
        openrlhf.reward_func([PREFIX + GOOD], [PREFIX], [""])
    assert len(broken.asked) == 5


@pytest.mark.usefixtures("no_pause")
def test_a_compiler_that_stumbles_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Broken(2))
    found = openrlhf.reward_func([PREFIX + GOOD], [PREFIX], [""])
    assert found["rewards"].tolist() == [1.0]


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


def executed(executor: Any, text: str) -> dict[str, Any]:
    """What OpenRLHF makes of an answer."""
    arguments = (PREFIX, "", Sampling(), 400, Tokenizer(), Engine(text))
    output: dict[str, Any] = asyncio.run(executor.execute(*arguments))
    return output


def test_openrlhfs_executor_gets_rewards_from_the_file() -> None:
    agent = package("openrlhf.utils.agent")
    executor = agent.SingleTurnAgentExecutor(str(Path(openrlhf.__file__)))
    for text, reward in ((GOOD, 1.0), (BAD, -1.0)):
        output = executed(executor, text)
        assert output["reward"].tolist() == [reward]
        assert output["scores"].tolist() == [(reward + 1) / 2]
        assert output["extra_logs"]["compiled"].tolist() == [max(reward, 0.0)]
    executor.reward_func.__globals__["_scorer"]().close()


@pytest.fixture
def server() -> Iterator[str]:
    """A real `rlcf serve`, of the environment that the tests run in."""
    package("openrlhf.utils.agent")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rlcf", "serve", "--port", str(port)]
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        assert Client(url, seconds=60).score([""], [""])[0].reward == 1.0
        yield url
    finally:
        process.terminate()
        process.wait(30)


def test_openrlhfs_executor_gets_rewards_over_http(server: str) -> None:
    agent = package("openrlhf.utils.agent")
    executor = agent.SingleTurnAgentExecutor(server + "/openrlhf")
    for text, reward in ((GOOD, 1.0), (BAD, -1.0)):
        output = executed(executor, text)
        assert output["reward"] == [reward]
        assert output["scores"] == [(reward + 1) / 2]
        assert output["extra_logs"] == {"compiled": [max(reward, 0.0)]}


def test_the_unscored_has_no_reward_in_openrlhf(tmp_path: Path) -> None:
    """OpenRLHF's word for it is None, from the file as from a server that answers 503."""
    agent = package("openrlhf.utils.agent")
    file = tmp_path / "broken_rewards.py"
    file.write_text(
        "from rlcf.adapters import openrlhf\n"
        "def reward_func(queries, prompts, labels, **_):\n"
        "    raise openrlhf.UnscoredError('out of order')\n"
    )
    for source in (str(file), "http://127.0.0.1:9/openrlhf"):
        output = executed(agent.SingleTurnAgentExecutor(source), GOOD)
        assert (output["reward"], output["scores"]) == (None, None)
