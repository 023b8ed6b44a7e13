"""Rollouts: the policy writes programs, many at a time.

Covers batched sampling with a key-value cache, the prompt computed once a group and its
finished rows dropped; inverse-CDF draws; stopping at the end token or where the class closes;
log-probabilities kept. Each sample draws from its own random stream, named by (seed, prompt
key, sample), so that what is drawn does not depend on the batch it is in. Does not cover
top-p (a full sort a token, slow on CPUs) and beam search.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.device import precision_context
from rlcf.errors import UserError
from rlcf.policy.cache import make_room
from rlcf.policy.model import Policy
from rlcf.policy.stopping import ClassEnd
from rlcf.tasks.task import Task

Finished = Callable[[int, int, "Sample"], None]
"""Called with the index of the task, the number of the sample, and the sample."""

ROWS_PER_BATCH = 256
COMPACT_BELOW = 0.8  # rows are dropped in bulk: copying the cache for each would cost more


@dataclass(frozen=True)
class SamplingConfig:
    """How completions are drawn."""

    temperature: float = 1.0
    """Divides the logits; 0 takes the likeliest token."""
    top_k: int = 0
    """Draw among the k likeliest tokens only; 0 means all."""
    max_new_tokens: int = 256
    """A completion that is longer is cut off there."""


@dataclass(frozen=True)
class Sample:
    """One completion as it was drawn."""

    prompt_ids: tuple[int, ...]
    token_ids: tuple[int, ...]
    """Tokens drawn, with the end token if that was drawn."""
    text: str
    """What they say, without special tokens and cut where the class closes."""
    logprobs: NDArray[np.float32]
    """(T,) log-probability of each drawn token, at the sampling temperature, in nats."""
    finished: bool
    """Ended by itself, rather than by the length limit."""


def encode_prompt(policy: Policy, prompt: str, max_new_tokens: int) -> list[int]:
    """Token ids of a prompt; the oldest are dropped if it would not leave room to write.

    Raises:
        UserError: the model's context is too short for `max_new_tokens`.
    """
    ids: list[int] = policy.tokenizer(prompt, add_special_tokens=True)["input_ids"]
    if ids and ids[-1] == policy.tokenizer.eos_token_id:
        ids = ids[:-1]  # some tokenizers close every text; ours goes on
    if policy.max_positions is not None:
        room = policy.max_positions - max_new_tokens
        if room < 1:
            raise UserError(
                f"max_new_tokens {max_new_tokens} leaves no room for a prompt in the model's "
                f"context of {policy.max_positions} tokens"
            )
        ids = ids[-room:]
    return ids


def sample_tasks(
    policy: Policy,
    tasks: Sequence[Task],
    samples_per_task: int,
    config: SamplingConfig,
    *,
    seed: int,
    progress: Callable[[int], None] | None = None,
    on_finished: Finished | None = None,
) -> list[list[Sample]]:
    """Draw `samples_per_task` completions for each task; result[i][j] is task i's j-th.

    `progress` is called with the number of completions of a batch just finished. `on_finished` is
    called once for every completion, as soon as it ends and while others are still being written,
    so that it can be judged meanwhile; it is called in this thread and should return at once.
    """
    prompts = [encode_prompt(policy, t.prompt, config.max_new_tokens) for t in tasks]
    order = sorted(range(len(tasks)), key=lambda i: len(prompts[i]))  # little padding a batch
    group = max(1, ROWS_PER_BATCH // samples_per_task)
    results: list[list[Sample]] = [[] for _ in tasks]
    was_training = policy.model.training
    policy.model.eval()
    for start in range(0, len(order), group):
        chosen = order[start : start + group]
        batch = _Batch(
            policy,
            [tasks[i] for i in chosen],
            [prompts[i] for i in chosen],
            samples_per_task,
            _renumbered(on_finished, chosen),
        )
        for i, samples in zip(chosen, batch.run(config, seed), strict=True):
            results[i] = samples
        if progress is not None:
            progress(len(chosen) * samples_per_task)
    policy.model.train(was_training)
    return results


def _renumbered(on_finished: Finished | None, chosen: Sequence[int]) -> Finished:
    """A batch knows its tasks by their place in it; the caller knows them by another."""
    if on_finished is None:
        return lambda task, number, sample: None
    return lambda task, number, sample: on_finished(chosen[task], number, sample)


def uniforms(seed: int, key: str, sample: int, count: int) -> NDArray[np.float32]:
    """(count,) numbers in [0, 1): the random stream of one sample of one prompt."""
    digest = hashlib.blake2b(f"{seed}\x00{key}\x00{sample}".encode(), digest_size=16).digest()
    stream = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
    return stream.random(count, dtype=np.float32)


def left_pad(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, L) token ids with the padding on the left, and the (B, L) mask of real tokens."""
    width = max(len(r) for r in rows)
    ids_BL = torch.full((len(rows), width), pad, dtype=torch.long)
    mask_BL = torch.zeros((len(rows), width), dtype=torch.long)
    for i, row in enumerate(rows):
        ids_BL[i, width - len(row) :] = torch.tensor(row, dtype=torch.long)
        mask_BL[i, width - len(row) :] = 1
    return ids_BL, mask_BL


def prefill(policy: Policy, prompts: Sequence[Sequence[int]], group: int) -> Any:
    """Compute each prompt once and share it among its `group` samples.

    Returns (logits_BV of the token after the prompt, cache, mask_BL, length_B), B = P * group,
    rows of one prompt side by side. Gradients flow through it.
    """
    ids_PL, mask_PL = (
        t.to(policy.device) for t in left_pad(prompts, policy.tokenizer.pad_token_id)
    )
    positions_PL = (mask_PL.cumsum(1) - 1).clamp(min=0)
    out = policy.model(
        input_ids=ids_PL, attention_mask=mask_PL, position_ids=positions_PL, use_cache=True
    )
    cache = out.past_key_values
    if group > 1:
        cache.batch_repeat_interleave(group)
    logits_BV = out.logits[:, -1].repeat_interleave(group, 0)
    mask_BL = mask_PL.repeat_interleave(group, 0)
    return logits_BV, cache, mask_BL, mask_BL.sum(1)


def draw(
    logits_BV: torch.Tensor, uniform_B: torch.Tensor, config: SamplingConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw one token a row by inverting the cumulative distribution.

    Several times faster on CPUs than `torch.multinomial`, with the same distribution.
    Returns (token_B, logprob_B), the latter under the full tempered distribution.
    """
    logits_BV = logits_BV.float()
    if config.temperature == 0:
        token_B = logits_BV.argmax(-1)
        logprobs_BV = logits_BV.log_softmax(-1)
        return token_B, logprobs_BV.gather(1, token_B[:, None])[:, 0]
    logprobs_BV = (logits_BV / config.temperature).log_softmax(-1)
    kept_BV = logprobs_BV
    if config.top_k:
        floor_B1 = logprobs_BV.topk(min(config.top_k, logprobs_BV.shape[1]), -1).values[:, -1:]
        kept_BV = logprobs_BV.masked_fill(logprobs_BV < floor_B1, -torch.inf)
    cdf_BV = kept_BV.exp().cumsum(-1)
    target_B1 = uniform_B[:, None] * cdf_BV[:, -1:]
    token_B = torch.searchsorted(cdf_BV, target_B1, right=True)[:, 0]
    token_B = token_B.clamp(max=logits_BV.shape[1] - 1)
    return token_B, logprobs_BV.gather(1, token_B[:, None])[:, 0]


class _Batch:
    """One batch of rollouts in flight: P prompts with G samples each."""

    def __init__(
        self,
        policy: Policy,
        tasks: Sequence[Task],
        prompts: list[list[int]],
        group: int,
        on_finished: Finished,
    ) -> None:
        self.policy, self.tasks, self.prompts, self.group = policy, tasks, prompts, group
        self.on_finished = on_finished
        self.rows = len(prompts) * group
        self.tokens: list[list[int]] = [[] for _ in range(self.rows)]
        self.logprobs: list[list[float]] = [[] for _ in range(self.rows)]
        self.samples: dict[int, Sample] = {}
        self.ends = [ClassEnd.of_prompt(t.language, t.prompt) for t in tasks]

    @torch.inference_mode()
    def run(self, config: SamplingConfig, seed: int) -> list[list[Sample]]:
        uniforms_BT = torch.from_numpy(
            np.stack(
                [
                    uniforms(seed, task.task_id, j, config.max_new_tokens)
                    for task in self.tasks
                    for j in range(self.group)
                ]
            )
        ).to(self.policy.device)
        # One token a row is too little work to pay for casting the weights on a CPU.
        autocast = self.policy.autocast and self.policy.device.type != "cpu"
        with precision_context(self.policy.device, autocast):
            self._decode(config, uniforms_BT)
        for row in range(self.rows):
            if row not in self.samples:
                self._finish(row, self._text(row), finished=False)
        samples = [self.samples[row] for row in range(self.rows)]
        return [samples[i : i + self.group] for i in range(0, self.rows, self.group)]

    def _decode(self, config: SamplingConfig, uniforms_BT: torch.Tensor) -> None:
        logits_BV, cache, mask_BL, position_B = prefill(self.policy, self.prompts, self.group)
        make_room(cache)
        live = torch.arange(self.rows, device=self.policy.device)
        for t in range(config.max_new_tokens):
            token_B, logprob_B = draw(logits_BV, uniforms_BT[live, t], config)
            going = self._record(live.tolist(), token_B.tolist(), logprob_B.tolist())
            if not any(going):
                return
            mask_BL = torch.cat([mask_BL, mask_BL.new_ones(len(live), 1)], 1)
            if sum(going) < COMPACT_BELOW * len(live):
                keep = torch.tensor([i for i, g in enumerate(going) if g], device=live.device)
                cache.batch_select_indices(keep)
                live, token_B = live[keep], token_B[keep]
                mask_BL, position_B = mask_BL[keep], position_B[keep]
            out = self.policy.model(
                input_ids=token_B[:, None],
                attention_mask=mask_BL,
                position_ids=position_B[:, None],
                past_key_values=cache,
                use_cache=True,
            )
            logits_BV, cache = out.logits[:, -1], out.past_key_values
            position_B = position_B + 1

    def _record(self, live: list[int], tokens: list[int], logprobs: list[float]) -> list[bool]:
        """Note the drawn tokens of rows still being written; tell which go on."""
        eos = self.policy.tokenizer.eos_token_id
        going = []
        for row, token, logprob in zip(live, tokens, logprobs, strict=True):
            if row not in self.samples:
                self.tokens[row].append(token)
                self.logprobs[row].append(logprob)
                if token == eos:
                    self._finish(row, self._text(row), finished=True)
                elif (end := self.ends[row // self.group]) and token in self.policy.brace_tokens:
                    text = self._text(row)
                    at = end.find(text)
                    if at is not None:
                        self._finish(row, text[:at] + "\n", finished=True)
            going.append(row not in self.samples)
        return going

    def _text(self, row: int) -> str:
        text: str = self.policy.tokenizer.decode(
            self.tokens[row], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _finish(self, row: int, text: str, *, finished: bool) -> None:
        task, number = divmod(row, self.group)
        self.samples[row] = Sample(
            prompt_ids=tuple(self.prompts[task]),
            token_ids=tuple(self.tokens[row]),
            text=text,
            logprobs=np.asarray(self.logprobs[row], dtype=np.float32),
            finished=finished,
        )
        self.on_finished(task, number, self.samples[row])
