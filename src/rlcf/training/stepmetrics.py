"""What a step of training tells: rates, reward parts, guards, times, and every completion.

The guards are those of the known way to cheat a compiler: programs that compile and do nothing.
Covers numbers and rows. Does not cover printing (`progress`) nor storing (`rundir`).
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlcf.evaluation.metrics import code_length, distinct_weights, is_degenerate
from rlcf.grounding.grounding import Rewards
from rlcf.policy.sampling import Sample
from rlcf.tasks.task import Task


class StepMetrics:
    """Collects one step's metrics and the time of its stages."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, in seconds."""
        start = time.perf_counter()
        yield
        self._stages[name] = self._stages.get(name, 0.0) + time.perf_counter() - start

    def times(self) -> dict[str, float]:
        """Seconds a stage, and in all."""
        total = time.perf_counter() - self._start
        return {f"seconds/{k}": v for k, v in self._stages.items()} | {"seconds/step": total}

    def of_rollouts(
        self, tasks: Sequence[Task], groups: Sequence[Sequence[Sample]], rewards: Rewards
    ) -> dict[str, float]:
        """Rates and guards of a batch; NaN-free, a rate that is unknown is left out."""
        flat = [(t, s) for t, group in zip(tasks, groups, strict=True) for s in group]
        with_reference = [
            (t.reference, s.text, t.language) for t, s in flat if t.reference is not None
        ]
        metrics = {
            "reward": _mean(rewards.score_B),
            "compile_rate": _mean(rewards.compiled_B),
            "similarity": _mean(rewards.similarity_B),
            "unscored": float(np.isnan(rewards.score_B).mean()),
            "tokens": float(np.mean([len(s.token_ids) for _, s in flat])),
            "finished": float(np.mean([s.finished for _, s in flat])),
            "distinct": float(np.mean(distinct_weights([s.text for _, s in flat]))),
            "programs": float(len(flat)),
        }
        if with_reference:
            lengths = [code_length(text) for _, text, _ in with_reference]
            wanted = [code_length(reference) for reference, _, _ in with_reference]
            metrics["length_ratio"] = sum(lengths) / max(1, sum(wanted))
            metrics["degenerate"] = float(
                np.mean([is_degenerate(text, model, lang) for model, text, lang in with_reference])
            )
        metrics |= comparison_metrics(flat, rewards.similarity_B)
        counts = Counter(str(r.errors[0].error_class) for r in rewards.results if r.errors)
        metrics |= {f"errors/{name}": n / len(flat) for name, n in sorted(counts.items())}
        return {k: v for k, v in metrics.items() if not np.isnan(v)}


def comparison_metrics(
    flat: Sequence[tuple[Task, Sample]], g_B: NDArray[np.float32]
) -> dict[str, float]:
    """How the comparator's g is spread over the samples it was asked about.

    Accuracy is the share of samples, other than copies, that it holds below their reference.
    """
    asked = [i for i in range(len(flat)) if not np.isnan(g_B[i])]
    if not asked:
        return {}
    known_B = g_B[asked]
    metrics = {
        "comparator/g_mean": float(known_B.mean()),
        "comparator/g_std": float(known_B.std()),
        "comparator/g_abs": float(np.abs(known_B).mean()),
        "comparator/saturated": float((np.abs(known_B) > 0.95).mean()),
    }
    other = [i for i in asked if flat[i][1].text.split() != (flat[i][0].reference or "").split()]
    if other:
        metrics["comparator/accuracy"] = float((g_B[other] < 0).mean())
    return metrics


def rollout_rows(
    tasks: Sequence[Task],
    groups: Sequence[Sequence[Sample]],
    rewards: Rewards,
    advantages_PG: NDArray[np.float32],
) -> Iterator[dict[str, Any]]:
    """One row a completion, for the run directory."""
    flat = [(t, j, s) for t, g in zip(tasks, groups, strict=True) for j, s in enumerate(g)]
    advantages_B = advantages_PG.reshape(-1)
    for i, (task, j, sample) in enumerate(flat):
        result = rewards.results[i]
        yield {
            "task_id": task.task_id,
            "language": task.language,
            "sample": j,
            "prompt": task.prompt,
            "completion": sample.text,
            "tokens": len(sample.token_ids),
            "finished": sample.finished,
            "verdict": str(result.verdict),
            "diagnostics": [d.to_json() for d in result.diagnostics],
            "reward": _number(rewards.score_B[i]),
            "similarity": _number(rewards.similarity_B[i]),
            "advantage": float(advantages_B[i]),
        }


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)


def _mean(values_B: NDArray[np.float32]) -> float:
    known_B = values_B[~np.isnan(values_B)]
    return float(known_B.mean()) if len(known_B) else float("nan")
