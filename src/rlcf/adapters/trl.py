"""TRL: the grounding as a reward function of its trainers, and localised credit for GRPO.

    trainer = GRPOTrainer(model, reward_funcs=CompilerReward("java"), ...)

    class Trainer(LocalisedCredit, GRPOTrainer): ...

Written for TRL 1.16 (`RewardFunc` and `_generate_and_score_completions` of
trl/trainer/grpo_trainer.py). Imports neither TRL nor torch by itself. Images and tool calls are not
supported, nor encoder-decoder models, which TRL does not train.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlcf.grounding.scorer import Answer, Judged, Scorer, words
from rlcf.policy.continuation import Continuation

REFERENCE_COLUMNS = ("reference", "canonical_solution")


class CompilerReward(Scorer):
    """A reward function for TRL's trainers; can be pickled, as asynchronous GRPO needs it.

    A plain prompt is the beginning of the program and the completion goes on from there. In a
    conversation the program is in a fenced block of the last message.

    Columns of the data set, all optional: `reference` (or `canonical_solution`) for the comparator;
    `prefix`, the beginning of the program where the prompt is not that. A completion that could not
    be judged gets None, which TRL leaves out of baseline and loss.
    """

    __name__ = "compiler_reward"  # the name in TRL's logs

    def __init__(self, language: str = "java", *, tokenizer: Any = None, **options: Any) -> None:
        """Starts nothing yet.

        Args:
            language: of the programs.
            tokenizer: the model's. TRL decodes a completion by itself, which loses its first space
                where the tokenizer is of the SentencePiece kind (Llama 2, Mistral, Gemma); with
                this the tokens are read after those of the prompt. `LocalisedCredit` sets it.
            options: as of `Scorer`.
        """
        super().__init__(language, **options)
        self.tokenizer = tokenizer

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"tokenizer": self.tokenizer}

    def __call__(  # type: ignore[override]
        self, completions: Sequence[Any], prompts: Sequence[Any] | None = None, **columns: Any
    ) -> list[float | None]:
        """A reward for each completion."""
        if self.tokenizer is not None:
            completions = _in_place(self.tokenizer, completions, prompts, columns)
        judged = super().__call__(_answers(completions, prompts, columns))
        self.last = judged
        learned = getattr(self.comparator, "metrics", {})  # of one that learns: `trl_online`
        _log(judged, columns.get("log_extra"), columns.get("log_metric"), learned)
        return [j.score for j in judged]

    last: Sequence[Judged] = ()
    """What was said of the latest batch; for `LocalisedCredit`."""


class AsyncCompilerReward(CompilerReward):
    """The same as a coroutine: TRL runs it together with other asynchronous rewards."""

    async def __call__(  # type: ignore[override]
        self, completions: Sequence[Any], prompts: Sequence[Any] | None = None, **columns: Any
    ) -> list[float | None]:
        """A reward for each completion, from a thread of its own."""
        return await asyncio.to_thread(
            CompilerReward.__call__, self, completions, prompts, **columns
        )


class LocalisedCredit:
    """Mix-in before TRL's GRPOTrainer: blame for a rejection falls mostly where it was caused.

    Advantages become (B, T): those below 0 of rejected programs are weighted by `blame_T`, of mean
    1, so that a program's sum stays what it was. Needs a `CompilerReward` among the rewards. Not
    for RLOOTrainer, whose loss knows whole programs and no tokens.
    """

    reward_funcs: Sequence[Any]
    processing_class: Any

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        parent: Callable[[Any], dict[str, Any]] = super()._generate_and_score_completions  # type: ignore[misc]
        reward = next((f for f in self.reward_funcs if isinstance(f, CompilerReward)), None)
        if reward is None:
            raise TypeError("LocalisedCredit needs a CompilerReward among reward_funcs")
        if reward.tokenizer is None and hasattr(self.processing_class, "get_vocab"):
            reward.tokenizer = self.processing_class
        batch = parent(inputs)
        if "old_logps" in batch:  # a log-probability a program: (B, T) would be misread in silence
            raise TypeError("LocalisedCredit is for GRPOTrainer: RLOO's loss knows no tokens")
        weights_BT = self._blame_BT(reward.last, batch)
        advantages_B1 = batch["advantages"].reshape(len(weights_BT), -1)
        blamed = (advantages_B1 < 0).to(advantages_B1.dtype)
        batch["advantages"] = advantages_B1 * (1 + blamed * (weights_BT - 1))
        return batch

    def _blame_BT(self, judged: Sequence[Judged], batch: dict[str, Any]) -> Any:
        ids_BT, mask_BT = batch["completion_ids"], batch["completion_mask"]
        if len(judged) != len(ids_BT):
            raise RuntimeError(
                f"{len(ids_BT)} completions but {len(judged)} verdicts: this version of TRL calls "
                "rewards otherwise than 1.16 did; use terminal credit"
            )
        weights_BT = mask_BT.new_ones(mask_BT.shape, dtype=batch["advantages"].dtype)
        for i, verdict in enumerate(judged):
            length = int(mask_BT[i].sum())
            prompt_ids = _prompt_ids(batch, i)
            ids = ids_BT[i, :length].tolist()
            weights_T = verdict.blame_T(self.processing_class, ids, prompt_ids)
            weights_BT[i, :length] = weights_BT.new_tensor(weights_T)
        return weights_BT


def _prompt_ids(batch: dict[str, Any], row: int) -> list[int]:
    """The tokens of a row's prompt, without its padding."""
    if "prompt_ids" not in batch:
        return []
    ids: list[int] = batch["prompt_ids"][row][batch["prompt_mask"][row].bool()].tolist()
    return ids


def _in_place(
    tokenizer: Any,
    completions: Sequence[Any],
    prompts: Sequence[Any] | None,
    columns: dict[str, Any],
) -> list[Any]:
    """Completions of plain prompts as they read after these; conversations as they are."""
    ids = columns.get("completion_ids")
    if ids is None or prompts is None:
        return list(completions)
    return [
        Continuation(tokenizer, tokenizer(prompt)["input_ids"]).text(tokens)
        if isinstance(prompt, str) and isinstance(completion, str)
        else completion
        for completion, prompt, tokens in zip(completions, prompts, ids, strict=True)
    ]


def _answers(
    completions: Sequence[Any], prompts: Sequence[Any] | None, columns: dict[str, Any]
) -> list[Answer]:
    nothing: list[Any] = [None] * len(completions)
    asked = list(prompts) if prompts is not None else nothing
    prefixes = columns.get("prefix") or nothing
    known = next((columns[name] for name in REFERENCE_COLUMNS if columns.get(name)), nothing)
    return [
        Answer(
            text=words(completion),
            prefix=prefix if prefix is not None else (p if isinstance(p, str) else ""),
            reference=reference,
            chat=not isinstance(completion, str),
        )
        for completion, p, prefix, reference in zip(
            completions, asked, prefixes, known, strict=True
        )
    ]


def _log(judged: Sequence[Judged], extra: Any, metric: Any, learned: Mapping[str, float]) -> None:
    """To TRL's table of completions and its metrics, where they are offered."""
    if extra is not None:
        extra("verdict", [str(j.result.verdict) for j in judged])
        extra("first_error", [j.first_error for j in judged])
    for name, value in learned.items() if metric is not None else ():
        metric(name, value)
    known = [j.compiled for j in judged if j.compiled is not None]
    if metric is not None and known:
        metric("compile_rate", sum(known) / len(known))
        metric("unscored_rate", 1 - len(known) / len(judged))
