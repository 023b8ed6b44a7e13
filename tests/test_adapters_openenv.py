"""The OpenEnv environment, served and asked as OpenEnv does it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optional import package
from rlcf.tasks import Task, load_tasks, write_tasks

TASKS = load_tasks("embedded-python:train", limit=3)
IDLE = 2.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Address of a server with two sessions, and the adapter."""
    package("openenv.core.env_server.http_server")
    import uvicorn

    from rlcf.adapters import openenv as ours

    file = tmp_path_factory.mktemp("openenv") / "tasks.jsonl"
    write_tasks(file, TASKS)
    settings = ours.Settings(str(file), "python", sessions=2, idle_seconds=IDLE)
    config = uvicorn.Config(ours.app(settings), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", ours
    server.should_exit = True
    thread.join(timeout=30)


def right(task_id: str) -> str:
    task: Task = next(task for task in TASKS if task.task_id == task_id)
    return f"```python\n{task.program(task.reference or '')}\n```"


def begin(address: str, ours: Any) -> str:
    """The instruction that a new session gets."""
    with ours.CodeEnv(base_url=address).sync() as env:
        return str(env.reset().observation.instruction)


def test_an_agent_mends_its_program(served: Any) -> None:
    address, ours = served
    with ours.CodeEnv(base_url=address).sync() as env:
        first = env.reset(seed=1).observation
        assert first.turns_left == 3
        assert "```python" in first.instruction
        told = env.step(ours.CodeAction(answer="```python\ndef f(:\n```"))
        assert (told.observation.verdict, told.reward, told.done) == ("rejected", 0.0, False)
        assert told.observation.feedback
        told = env.step(ours.CodeAction(answer=right(first.task_id)))
        assert (told.observation.verdict, told.reward, told.done) == ("accepted", 0.5, True)
        assert env.state().step_count == 2
        again = env.reset(task_id=TASKS[2].task_id).observation
        assert again.task_id == TASKS[2].task_id
        assert env.reset(seed=1).observation.task_id == first.task_id


def test_sessions_are_limited_and_forgotten_ones_are_closed(served: Any) -> None:
    address, ours = served
    forgotten = [ours.CodeEnv(base_url=address).sync() for _ in range(2)]
    for env in forgotten:
        env.connect()
        env.reset()
    with pytest.raises(Exception, match=r"(?i)capacity|sessions|closed"):
        begin(address, ours)
    time.sleep(2 * IDLE)
    assert begin(address, ours)
    for env in forgotten:
        env.close()


def test_settings_come_from_the_environment(
    served: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, ours = served
    monkeypatch.setenv("RLCF_ENV_SESSIONS", "7")
    monkeypatch.setenv("RLCF_ENV_IDLE_SECONDS", "1.5")
    found = ours.Settings.from_environment()
    assert (found.sessions, found.idle_seconds, found.language) == (7, 1.5, "java")
