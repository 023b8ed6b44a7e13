"""The verifiers adapter, with verifiers' own classes where it is installed."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

import tiny
from optional import package
from rlcf.grounding.scorer import shared_scorer
from rlcf.tasks import write_tasks


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    package("verifiers.v1")
    from rlcf.adapters import verifiers as ours

    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(2))
    config = ours.CodeTasksetConfig(tasks=str(tmp_path / "tasks.jsonl"))
    yield ours, list(ours.CodeTaskset(config))
    shared_scorer("java", None, 1.0).close()
    shared_scorer.cache_clear()


def trace_of(task: Any, reply: str) -> Any:
    import verifiers.v1 as vf
    from verifiers.v1.trace import AgentInfo, TraceTask

    made = vf.Trace(
        task=TraceTask(type=type(task).__name__, data=task.data),
        agent=AgentInfo(config=vf.AgentConfig()),
    )
    made.root_reply = reply
    return made


def test_tasks_ask_for_a_program(loaded: Any) -> None:
    _, tasks = loaded
    assert [t.data.id for t in tasks] == ["tiny/0", "tiny/1"]
    assert tasks[0].data.prefix in tasks[0].data.prompt
    assert "fenced code block" in tasks[0].data.prompt


def test_an_environment_scores(loaded: Any) -> None:
    _, tasks = loaded
    whole = tiny.tasks(1)[0]
    good = trace_of(tasks[0], f"Here:\n```java\n{whole.program(whole.reference or '')}```")
    bad = trace_of(tasks[0], "```java\nclass A {\n```")
    asyncio.run(tasks[0].score(good))
    asyncio.run(tasks[0].score(bad))
    assert (good.reward, bad.reward) == (1.0, -1.0)
    assert (good.metrics["compiled"], bad.metrics["compiled"]) == (1.0, 0.0)


def test_what_could_not_be_judged_is_an_error(loaded: Any, monkeypatch: Any) -> None:
    import verifiers.v1 as vf

    from rlcf.languages.verdict import CompileResult, Verdict

    class Broken:
        def check(self, programs: list[str]) -> list[CompileResult]:
            return [CompileResult(Verdict.UNSCORED, reason="out of order") for _ in programs]

        def close(self) -> None: ...

    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Broken())
    _, tasks = loaded
    trace = trace_of(tasks[0], "class A { }")
    with pytest.raises(vf.TaskError, match="out of order"):
        asyncio.run(tasks[0].score(trace))
    assert trace.rewards["grounding"] is None


def test_signatures_of_verifiers_have_not_drifted(loaded: Any) -> None:
    import verifiers.v1 as vf

    assert list(inspect.signature(vf.Task.score).parameters) == ["self", "trace", "runtime"]
    assert hasattr(vf.Trace, "last_reply")
    assert vf.Taskset.__abstractmethods__ == {"load"}
