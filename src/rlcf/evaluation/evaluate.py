"""Sample a policy on tasks, then score what it wrote.

Imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from rlcf.evaluation.results import ScoreReport
from rlcf.evaluation.score import Progress, Toolchains, score_completions
from rlcf.evaluation.turns import Remembering, texts_of, with_turns
from rlcf.languages.outcome import Runner
from rlcf.policy.checked import sample_turns
from rlcf.policy.model import Policy
from rlcf.policy.sampling import SamplingConfig
from rlcf.sandbox.limits import Limits
from rlcf.tasks.task import Task


def evaluate_policy(
    policy: Policy,
    tasks: Sequence[Task],
    *,
    n: int,
    sampling: SamplingConfig,
    seed: int = 0,
    ks: Sequence[int] = (1,),
    retries: int = 0,
    repair: int = 0,
    limits: Limits | None = None,
    progress: Progress | None = None,
    toolchains: Mapping[str, Runner] | None = None,
    class_path: Sequence[str] = (),
) -> ScoreReport:
    """Draw `n` completions per task, compile them and run their tests.

    What the compiler rejects is repaired for `repair` turns, or else drawn again for `retries`.
    `progress` is called as (stage, done, total) with the stages `generate`, `compile`, `run`, and
    with such turns `retry`. `toolchains` and `class_path` are those of `score_completions`.
    """
    opened = Toolchains(toolchains or {}, class_path)
    languages = {task.language for task in tasks if repair or retries}
    with ExitStack() as stack:
        compilers = {
            name: Remembering(stack.enter_context(opened.open(name, languages)))
            for name in languages
        }
        turns = sample_turns(
            policy,
            tasks,
            n,
            sampling,
            compilers,
            seed=seed,
            retries=retries,
            repair=repair,
            progress=progress,
        )
        report = score_completions(
            [policy.judged(task) for task in tasks],
            texts_of(turns, n),
            limits=limits,
            ks=tuple(ks),
            progress=progress,
            seed=seed,
            toolchains=compilers or toolchains,
            class_path=class_path,
        )
    return with_turns(report, turns, n)
