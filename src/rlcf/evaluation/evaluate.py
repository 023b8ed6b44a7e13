"""Sample a policy on tasks, then score what it wrote.

Imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlcf.evaluation.results import ScoreReport
from rlcf.evaluation.score import Progress, score_completions
from rlcf.languages.outcome import Runner
from rlcf.policy.model import Policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
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
    limits: Limits | None = None,
    progress: Progress | None = None,
    toolchains: Mapping[str, Runner] | None = None,
    class_path: Sequence[str] = (),
) -> ScoreReport:
    """Draw `n` completions per task, compile them and run their tests.

    `progress` is called as (stage, done, total) with the stages `generate`, `compile`, `run`.
    `toolchains` and `class_path` are those of `score_completions`.
    """
    done = 0

    def generated(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress("generate", done, n * len(tasks))

    drawn = sample_tasks(policy, tasks, n, sampling, seed=seed, progress=generated)
    texts = [[sample.text for sample in group] for group in drawn]
    judged = [policy.judged(task) for task in tasks]
    return score_completions(
        judged,
        texts,
        limits=limits,
        ks=tuple(ks),
        progress=progress,
        seed=seed,
        toolchains=toolchains,
        class_path=class_path,
    )
