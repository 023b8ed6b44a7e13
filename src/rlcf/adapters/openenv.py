"""OpenEnv: tasks as an environment in which an agent writes a program and mends it.

    uvicorn --factory rlcf.adapters.openenv:app        # settings: RLCF_ENV_*, see `Settings`

Written for openenv 0.10, which must be installed. Each session has an episode of its own; all share
one warm compiler. Sessions are limited, and one that nobody uses is closed, so that clients that
vanish or forget theirs cannot fill the server. An answer without a verdict has the reward None and
takes no turn.
"""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from fastapi import FastAPI
from openenv.core import EnvClient
from openenv.core.client_types import StepResult
from openenv.core.env_server.http_server import create_fastapi_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, ConcurrencyConfig, Observation, State
from pydantic import Field

from rlcf.adapters.episode import DISCOUNT, TURNS, Episode, instruction_of
from rlcf.errors import UserError
from rlcf.grounding.scorer import Scorer
from rlcf.tasks import Task, load_tasks


@dataclass(frozen=True)
class Settings:
    """What the server offers; each field is read from the variable RLCF_ENV_NAME."""

    tasks: str = "embedded:train"
    """What `rlcf --tasks` takes: a name or a JSONL file."""
    language: str = "java"
    comparator: str = ""
    """Name or folder; empty: the compiler's verdict alone."""
    weight: float = 0.5
    turns: int = TURNS
    discount: float = DISCOUNT
    sessions: int = 64
    """At the same time, at most."""
    idle_seconds: float = 600.0
    """After which a session that nobody uses is closed."""

    @classmethod
    def from_environment(cls) -> Settings:
        """The defaults, but for the variables that are set."""
        given: dict[str, Any] = {}
        for field in fields(cls):
            value, default = os.environ.get(f"RLCF_ENV_{field.name.upper()}"), field.default
            if value is not None:
                kind = next(kind for kind in (int, float, str) if isinstance(default, kind))
                given[field.name] = kind(value)
        return cls(**given)


class CodeAction(Action):  # type: ignore[misc]
    """An answer."""

    answer: str = Field(description="The whole program, alone or in a fenced block")


class CodeObservation(Observation):  # type: ignore[misc]
    """The task, and what the compiler said of the last answer."""

    task_id: str = ""
    instruction: str = Field(default="", description="What to write")
    verdict: str = Field(default="", description="accepted, rejected or unscored; empty at first")
    feedback: str = Field(default="", description="The compiler's errors, in short")
    turns_left: int = 0


class CodeEnvironment(Environment):  # type: ignore[misc]
    """A session."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, tasks: Sequence[Task], scorer: Scorer, settings: Settings) -> None:
        super().__init__()
        self._tasks, self._scorer, self._settings = tasks, scorer, settings
        self._episode: Episode | None = None
        self._state = State(episode_id=str(uuid.uuid4()), step_count=0)

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any
    ) -> CodeObservation:
        """Begin with a task drawn by `seed`, or with that of `task_id`.

        Raises:
            UserError: there is no such task.
        """
        wanted = kwargs.get("task_id")
        found = [task for task in self._tasks if wanted in (None, task.task_id)]
        if not found:
            raise UserError(f"no task {wanted!r} here")
        task = random.Random(seed).choice(found)
        self._episode = Episode(task, self._scorer, self._settings.turns, self._settings.discount)
        self._state = State(episode_id=episode_id or str(uuid.uuid4()), step_count=0)
        return CodeObservation(
            task_id=task.task_id,
            instruction=instruction_of(task),
            turns_left=self._settings.turns,
        )

    def step(
        self, action: CodeAction, timeout_s: float | None = None, **kwargs: Any
    ) -> CodeObservation:
        """Judge an answer.

        Raises:
            UserError: there was no reset, or the episode is over.
        """
        episode = self._episode
        if episode is None:
            raise UserError("reset the environment before the first step")
        told = episode.answer(action.answer)
        self._state.step_count += 1
        return CodeObservation(
            task_id=episode.task.task_id,
            verdict=told.verdict,
            feedback=told.feedback,
            turns_left=episode.turns - episode.turn,
            done=told.done,
            reward=told.reward,
        )

    @property
    def state(self) -> State:
        """Episode and number of steps."""
        return self._state


class CodeEnv(EnvClient[CodeAction, CodeObservation, State]):  # type: ignore[misc]
    """A client's session with a server."""

    def _step_payload(self, action: CodeAction) -> dict[str, Any]:
        return {"answer": action.answer}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[CodeObservation]:
        reward, done = payload.get("reward"), payload.get("done", False)
        seen = {**payload.get("observation", {}), "reward": reward, "done": done}
        return StepResult(observation=CodeObservation(**seen), reward=reward, done=done)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(episode_id=payload.get("episode_id"), step_count=payload.get("step_count", 0))


Message = MutableMapping[str, Any]


class IdleSockets:
    """Ends sessions whose client is there but says nothing, which OpenEnv's own reaper spares."""

    def __init__(self, app: Callable[..., Awaitable[None]], seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Any
    ) -> None:
        """As ASGI has it."""

        async def in_time() -> Message:
            try:
                return await asyncio.wait_for(receive(), self.seconds)
            except TimeoutError:
                return {"type": "websocket.disconnect", "code": 1001, "reason": "idle"}

        await self.app(scope, in_time if scope["type"] == "websocket" else receive, send)


def app(settings: Settings | None = None) -> FastAPI:
    """The server, by environment variables unless settings are given.

    Raises:
        UserError: there are no such tasks, or none in the language.
    """
    settings = settings or Settings.from_environment()
    tasks = [t for t in load_tasks(settings.tasks) if t.language == settings.language]
    if not tasks:
        raise UserError(f"{settings.tasks} holds no task in {settings.language}")
    scorer = Scorer(
        settings.language, comparator=settings.comparator or None, weight=settings.weight
    )
    served: FastAPI = create_fastapi_app(
        lambda: CodeEnvironment(tasks, scorer, settings),
        CodeAction,
        CodeObservation,
        concurrency_config=ConcurrencyConfig(
            max_concurrent_envs=settings.sessions, session_timeout=settings.idle_seconds
        ),
    )
    served.add_middleware(IdleSockets, seconds=settings.idle_seconds)
    return served
