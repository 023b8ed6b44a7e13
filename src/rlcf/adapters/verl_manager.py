"""verl's reward manager with localised credit: scores as (B, T), blame where the compiler points.

    reward.reward_manager.source=importlib
    reward.reward_manager.name=CompilerRewardManager
    reward.reward_manager.module.path=pkg://rlcf.adapters.verl_manager
    +reward.rlcf.language=java

`reward.rlcf.shared` gives all workers one comparator: see `verl_comparator`.

Written for verl 0.9.1 (verl/experimental/reward_loop/reward_manager/base.py), which must be
installed. A rejected program's score is spread over its tokens by `rlcf.grounding.credit`; it sums
to the score. verl calls `assemble_rm_scores` where rewards are computed after generation; where
they are computed while it generates, verl itself puts the plain score on the last token. GRPO and
RLOO sum over tokens and see no difference; GAE does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import torch
from omegaconf import OmegaConf
from verl import DataProto
from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

from rlcf.adapters.verl import answer_of, as_scores
from rlcf.adapters.verl_comparator import SharedComparator, SharedConfig
from rlcf.grounding.scorer import shared_scorer
from rlcf.policy.continuation import Continuation


def shared_comparator(comparator: str, settings: Any) -> SharedComparator:
    """The one of the run; `settings` are those of `reward.rlcf.shared`.

    Raises:
        UserError: there is no such setting, or it cannot have that value.
    """
    given: Any = OmegaConf.to_container(OmegaConf.create(settings))
    return SharedComparator(comparator, SharedConfig.of(**given))


class TokenScore(float):
    """A score that remembers how it is spread over tokens; verl may treat it as a number."""

    weights: tuple[float, ...] = ()
    """Of mean 1; empty: all of the score belongs to the last token."""

    def __new__(cls, score: float, weights: Sequence[float] = ()) -> TokenScore:
        made = super().__new__(cls, score)
        made.weights = tuple(weights)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return TokenScore, (float(self), self.weights)


class CompilerRewardManager(RewardManagerBase):  # type: ignore[misc]
    """Judges answers with compiler and comparator."""

    def __init__(
        self,
        config: Any,
        tokenizer: Any,
        compute_score: Any = None,
        reward_router_address: Any = None,
        reward_model_tokenizer: Any = None,
    ) -> None:
        """`config.reward.rlcf` may hold `language`, `comparator`, `weight` and `shared`."""
        super().__init__(config, tokenizer, compute_score)
        own = config.get("reward", {}).get("rlcf", None) or {}
        comparator, shared = own.get("comparator", None), own.get("shared", None)
        self.shared = shared_comparator(comparator, shared) if comparator and shared else None
        self.scorer = shared_scorer(
            own.get("language", "java"), self.shared or comparator, own.get("weight", 1.0)
        )

    async def run_single(self, data: DataProto) -> dict[str, Any]:
        """Score one answer: NaN if it could not be judged."""
        item = data[-1:][0]  # of several sequences the last one counts, as in verl's own manager
        responses = item.batch["responses"]
        length = int(item.batch["attention_mask"][-responses.shape[-1] :].sum())
        ids = responses[:length].tolist()
        prompt_ids = _prompt_ids(item.batch, responses.shape[-1])
        text = Continuation(self.tokenizer, prompt_ids).text(ids)
        answer = answer_of(
            text,
            item.non_tensor_batch.get("reward_model", {}).get("ground_truth"),
            item.non_tensor_batch.get("extra_info"),
        )
        (judged,) = await asyncio.to_thread(self.scorer, [answer])
        if self.shared is not None and judged.similarity is not None and _trained_on(item):
            at = judged.prefix_length
            self.shared.learn(
                judged.program[:at], answer.reference or "", sample=judged.program[at:]
            )
        scores = as_scores(judged)
        weights_T = judged.blame_T(self.tokenizer, ids, prompt_ids)
        spread = weights_T.tolist() if weights_T.size and weights_T.min() < 1 else ()
        return {"reward_score": TokenScore(scores["score"], spread), "reward_extra_info": scores}

    @classmethod
    def assemble_rm_scores(cls, data: DataProto, scores: Sequence[float]) -> torch.Tensor:
        """(B, T) scores; a row sums to its program's score.

        What could not be judged gets the mean of its group (by `uid`), hence no advantage, and, if
        the batch has a `response_mask`, no part in the loss.
        """
        filled = _filled(scores, data.non_tensor_batch.get("uid"))
        prompt_length = data.batch["prompts"].size(1)
        length_B = data.batch["attention_mask"][:, prompt_length:].sum(dim=1).tolist()
        scores_BT = torch.zeros_like(data.batch["responses"], dtype=torch.float32)
        for i, (score, given) in enumerate(zip(filled, scores, strict=True)):
            length = int(length_B[i])
            weights = getattr(given, "weights", ())
            if weights and len(weights) == length:
                scores_BT[i, :length] = scores_BT.new_tensor(weights) * score / length
            else:
                scores_BT[i, length - 1] = score
            if math.isnan(given) and "response_mask" in data.batch.keys():  # noqa: SIM118
                data.batch["response_mask"][i] = 0
        return scores_BT


def _trained_on(item: Any) -> bool:
    """Whether a row is of the training data, as far as it says."""
    extra = item.non_tensor_batch.get("extra_info") or {}
    return str(extra.get("split", "train")) == "train"


def _prompt_ids(row: Any, response_length: int) -> list[int]:
    """The prompt's tokens, without the padding on their left."""
    prompt, mask = row["prompts"], row["attention_mask"][:-response_length]
    ids: list[int] = prompt[mask.bool()].tolist()
    return ids


def _filled(scores: Sequence[float], groups: Any) -> list[float]:
    """The scores with NaN replaced by the mean of those of its group; 0 where none is known."""
    keys = [0] * len(scores) if groups is None else list(groups)
    known: dict[Any, list[float]] = {}
    for key, score in zip(keys, scores, strict=True):
        if not math.isnan(score):
            known.setdefault(key, []).append(float(score))
    mean = {key: sum(values) / len(values) for key, values in known.items()}
    return [
        mean.get(key, 0.0) if math.isnan(score) else float(score)
        for key, score in zip(keys, scores, strict=True)
    ]
