"""What a step of training tells: rates, reward parts, guards and times.

The guards are those of the known way to cheat a compiler: programs that compile and do nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rlcf.evaluation.metrics import code_length, distinct_weights, is_degenerate
from rlcf.policy.completion import Batch, Completion
from rlcf.training.algorithms.critic_free import signal_P


class Clock:
    """The time of a step's stages."""

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


def batch_metrics(batch: Batch) -> dict[str, float]:
    """Rates and guards of a batch; NaN-free, a rate that is unknown is left out."""
    completions = list(batch)
    rewards_B, compiled_B, similarity_B = (
        np.array([getattr(c, name) for c in completions], dtype=np.float32)
        for name in ("reward", "compiled", "similarity")
    )
    metrics = {
        "reward": _mean(rewards_B),
        "compile_rate": _mean(compiled_B),
        "similarity": _mean(similarity_B),
        "unscored": float(np.isnan(rewards_B).mean()),
        "tokens": float(np.mean([len(c.token_ids) for c in completions])),
        "finished": float(np.mean([c.finished for c in completions])),
        "distinct": float(np.mean(distinct_weights([c.text for c in completions]))),
        "programs": float(len(completions)),
        "groups_without_signal": 1 - float(signal_P(batch.rewards_PG).mean()),
    }
    metrics |= _beside_references(completions) | comparison_metrics(completions)
    errors = [c.result.errors for c in completions if c.result.errors]
    counts = Counter(str(first.error_class) for first, *_ in errors)
    metrics |= {f"errors/{name}": n / len(completions) for name, n in sorted(counts.items())}
    return {k: v for k, v in metrics.items() if not np.isnan(v)}


def _beside_references(completions: Sequence[Completion]) -> dict[str, float]:
    """How long programs are beside their references, and how many do nothing."""
    known = [(c.task.reference, c) for c in completions if c.task.reference is not None]
    if not known:
        return {}
    lengths = [code_length(c.text) for _, c in known]
    wanted = [code_length(reference) for reference, _ in known]
    degenerate = [is_degenerate(c.text, reference, c.task.language) for reference, c in known]
    return {
        "length_ratio": sum(lengths) / max(1, sum(wanted)),
        "degenerate": float(np.mean(degenerate)),
    }


def comparison_metrics(completions: Sequence[Completion]) -> dict[str, float]:
    """How the comparator's g is spread over the completions it was asked about.

    Accuracy is the share of completions, other than copies, that it holds below their reference.
    """
    asked = [c for c in completions if not np.isnan(c.similarity)]
    if not asked:
        return {}
    g_B = np.array([c.similarity for c in asked], dtype=np.float32)
    metrics = {
        "comparator/g_mean": float(g_B.mean()),
        "comparator/g_std": float(g_B.std()),
        "comparator/g_abs": float(np.abs(g_B).mean()),
        "comparator/saturated": float((np.abs(g_B) > 0.95).mean()),
    }
    other = [c.similarity < 0 for c in asked if c.text.split() != (c.task.reference or "").split()]
    if other:
        metrics["comparator/accuracy"] = float(np.mean(other))
    return metrics


def _mean(values_B: NDArray[np.float32]) -> float:
    known_B = values_B[~np.isnan(values_B)]
    return float(known_B.mean()) if len(known_B) else float("nan")
