"""The first half of a step: completions are drawn and judged, the latter meanwhile.

A program goes to the compiler as soon as it is finished, while others are still being written, so
that its verdict costs no time of its own where there is a core to spare. Covers sampling,
compiling ahead, rewards. Does not cover what is learnt from them (`learner`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rlcf.grounding.grounding import Grounding, Rewards
from rlcf.languages.verdict import Compiler, CompileResult
from rlcf.policy.model import Policy
from rlcf.policy.sampling import Sample, SamplingConfig, sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.distributed import Processes
from rlcf.training.stepmetrics import StepMetrics


@dataclass
class Rollouts:
    """A step's completions, grouped by prompt, with their rewards; P prompts, G samples each."""

    tasks: list[Task]
    """As compiler and comparator see them (`Policy.judged`)."""
    groups: list[list[Sample]]
    rewards: Rewards

    @property
    def scores_PG(self) -> NDArray[np.float32]:
        """(P, G) rewards, NaN where unknown."""
        return self.rewards.score_B.reshape(len(self.groups), -1)

    def joined(self, processes: Processes, tasks: Sequence[Task]) -> Rollouts:
        """This process's share and all others', in the order of `tasks`."""
        if processes.count == 1:
            return self
        size = self.scores_PG.shape[1]
        parts = [
            (group, self.rewards.part(slice(i * size, (i + 1) * size)))
            for i, group in enumerate(self.groups)
        ]
        groups, rewards = zip(*processes.gather(parts), strict=True)
        return Rollouts(list(tasks), list(groups), Rewards.joined(rewards))

    def longest(self, prompt: int) -> int:
        """Tokens of the longest completion of a prompt."""
        return max(len(s.token_ids) for s in self.groups[prompt])


def roll_out(
    policy: Policy,
    grounding: Grounding,
    tasks: Sequence[Task],
    samples_per_prompt: int,
    sampling: SamplingConfig,
    *,
    seed: int,
    clock: StepMetrics,
) -> Rollouts:
    """Draw completions for each task and reward them.

    Times three stages: `rollout`, `compile` (what of compiling was left when the last completion
    was finished) and `grounding` (the comparator).
    """
    judged = [policy.judged(task) for task in tasks]
    with CompileAhead(grounding.compiler) as ahead:
        with clock.stage("rollout"):
            groups = sample_tasks(
                policy,
                tasks,
                samples_per_prompt,
                sampling,
                seed=seed,
                on_finished=lambda i, _, sample: ahead.submit(judged[i].program(sample.text)),
            )
        with clock.stage("compile"):
            ahead.settle()
        flat = [(t, s) for t, group in zip(judged, groups, strict=True) for s in group]
        with clock.stage("grounding"):
            rewards = replace(grounding, compiler=ahead)(
                [t.prompt for t, _ in flat],
                [s.text for _, s in flat],
                [t.reference for t, _ in flat],
            )
    return Rollouts(judged, groups, rewards)


class CompileAhead:
    """A compiler that has begun on programs before they are asked for.

    One thread hands over whatever has gathered since its last batch. An error of the compiler's
    infrastructure is raised where the verdicts are asked for.
    """

    def __init__(self, compiler: Compiler) -> None:
        self.compiler, self.language = compiler, compiler.language
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._known: dict[str, CompileResult] = {}
        self._seen: set[str] = set()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="rlcf-compile-ahead", daemon=True)
        self._ended = False

    def __enter__(self) -> CompileAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def submit(self, program: str) -> None:
        """Compile it when there is time."""
        if program not in self._seen:
            self._seen.add(program)
            self._queue.put(program)

    def settle(self) -> None:
        """Wait until all that was submitted is compiled.

        Raises:
            Exception: whatever the compiler raised.
        """
        self._end()
        if self._error is not None:
            raise self._error

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        """Verdicts in order; what was not submitted is compiled now."""
        missing = [p for p in dict.fromkeys(programs) if p not in self._known]
        self._known.update(zip(missing, self.compiler.check(missing), strict=True))
        return [self._known[p] for p in programs]

    def close(self) -> None:
        """The compiler stays its owner's to close."""
        self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._queue.put(None)
            self._thread.join()

    def _work(self) -> None:
        try:
            while (program := self._queue.get()) is not None:
                batch, last = [program], False
                while not self._queue.empty():
                    item = self._queue.get()
                    if item is None:
                        last = True
                        break
                    batch.append(item)
                self._known.update(zip(batch, self.compiler.check(batch), strict=True))
                if last:
                    return
        except BaseException as error:
            self._error = error
