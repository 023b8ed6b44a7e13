"""verl: the grounding as `compute_score`; `verl_manager` has the reward manager.

    reward.custom_reward_function.path=pkg://rlcf.adapters.verl
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.language=java

Written for verl 0.9.1 (verl/utils/reward_score, verl/trainer/ppo/reward.py); imports nothing of
it. The data set's `reward_model.ground_truth` is the reference completion (or empty), and
`extra_info` may have `prefix` (the beginning of the program that the answer continues) and `chat`
(by default, true where there is no prefix). verl has no word for a missing reward: an answer that
could not be judged scores NaN, which no group's mean survives; verl then skips that update,
since the gradient is not finite. The reward manager is gentler where verl lets it assemble scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rlcf.grounding.scorer import Answer, Judged, shared_scorer


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    language: str = "java",
    comparator: str | None = None,
    weight: float = 1.0,
    **_: Any,
) -> dict[str, float]:
    """Score one answer; verl logs the other values beside `score`."""
    scorer = shared_scorer(language, comparator, weight)
    (judged,) = scorer([answer_of(solution_str, ground_truth, extra_info)])
    return as_scores(judged)


def answer_of(text: str, ground_truth: Any, extra_info: Mapping[str, Any] | None) -> Answer:
    """An answer, from how verl names things."""
    extra = extra_info or {}
    prefix = str(extra.get("prefix") or "")
    reference = ground_truth if isinstance(ground_truth, str) and ground_truth else None
    return Answer(text, prefix, reference, bool(extra.get("chat", not prefix)))


def as_scores(judged: Judged) -> dict[str, float]:
    """Numbers that verl can log: NaN for unknown."""
    compiled = judged.compiled
    return {
        "score": math.nan if judged.score is None else judged.score,
        "compiled": math.nan if compiled is None else float(compiled),
        "similarity": math.nan if judged.similarity is None else judged.similarity,
        "unscored": float(judged.score is None),
    }
