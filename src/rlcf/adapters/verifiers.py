"""verifiers and prime-rl: tasks whose reward is the grounding.

`environments/verifiers` is a package of it, `rlcf-code`, that verifiers and prime-rl find by name.
Written for verifiers 0.4 (`verifiers.v1`), which must be installed. The model is asked for a whole
program; its fenced block is judged. What could not be judged raises, so that the trace has an error
and no reward, as verifiers wants it. Needs no runtime: the compiler runs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import verifiers.v1 as vf

from rlcf.adapters.episode import instruction_of
from rlcf.grounding.scorer import Answer, shared_scorer
from rlcf.tasks import load_tasks

__all__ = ["CodeTaskset"]


class CodeData(vf.TaskData):  # type: ignore[misc]
    """A task in the layout of MBXP."""

    language: str = "java"
    prefix: str = ""
    """The beginning of the program."""
    reference: str | None = None


class CodeTaskConfig(vf.TaskConfig):  # type: ignore[misc]
    """How answers are judged."""

    comparator: str | None = None
    """Name or folder; none: the compiler's verdict alone."""
    weight: float = 1.0


class CodeTasksetConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which tasks."""

    tasks: str = "embedded"
    """What `rlcf --tasks` takes: a name or a JSONL file."""
    split: str | None = None
    limit: int | None = None
    task: CodeTaskConfig = CodeTaskConfig()


class CodeTask(vf.Task[CodeData, vf.State, CodeTaskConfig]):  # type: ignore[misc]
    """Write a program that the compiler accepts and that is like the reference."""

    @vf.reward  # type: ignore[untyped-decorator]
    async def grounding(self, trace: vf.Trace) -> float:
        """The reward in [-1, 1]; metrics `compiled` and `similarity` are recorded beside."""
        data = self.data
        answer = Answer(trace.last_reply, data.prefix, data.reference, chat=True)
        scorer = shared_scorer(data.language, self.config.comparator, self.config.weight)
        (judged,) = await asyncio.to_thread(scorer, [answer])
        if judged.score is None:
            raise RuntimeError(f"unscored: {judged.result.reason}")
        trace.record_metrics({"compiled": float(bool(judged.compiled))})
        if judged.similarity is not None:
            trace.record_metrics({"similarity": judged.similarity})
        return judged.score


class CodeTaskset(vf.Taskset[CodeTask, CodeTasksetConfig]):  # type: ignore[misc]
    """Programming tasks."""

    def load(self) -> Iterator[CodeTask]:
        """A task for each row."""
        config = self.config
        for task in load_tasks(config.tasks, split=config.split, limit=config.limit):
            data = CodeData(
                id=task.task_id,
                prompt=instruction_of(task),
                language=task.language,
                prefix=task.prompt,
                reference=task.reference,
            )
            yield CodeTask(data, config.task)
